{#
    The items of the lists that the structs of a list hold, as one list.

    @arg list   an expression: a list of structs
    @arg field  the field of the struct that is a list
#}
{% macro items_below(list, field) %}
    {%- if target.type == 'duckdb' -%}
        flatten(list_transform({{ list }}, lambda above: above.{{ field }}))
    {%- elif target.type == 'bigquery' -%}
        array(select below from unnest({{ list }}) as above, unnest(above.{{ field }}) as below)
    {%- else -%}
        {{ exceptions.raise_compiler_error('items_below is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

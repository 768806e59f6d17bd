{#
    How many items of a list meet a condition.

    @arg list       an expression
    @arg item       what the condition calls an item
    @arg condition  an expression, never null
#}
{% macro items_with(list, item, condition) %}
    {%- if target.type == 'duckdb' -%}
        len(list_filter({{ list }}, lambda {{ item }}: {{ condition }}))
    {%- elif target.type == 'bigquery' -%}
        (select count(*) from unnest({{ list }}) as {{ item }} where {{ condition }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('items_with is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    How many different values a list of JSON values holds: 1 and 1.0 are one, and so are two
    objects that differ only by the order of their properties.

    @arg list  an expression: a list of JSON values
#}
{% macro different_items(list) %}
    {%- if target.type == 'duckdb' -%}
        list_unique(list_transform({{ list }}, lambda each_item: {{ json_canonical('each_item') }}))
    {%- elif target.type == 'bigquery' -%}
        (select count(distinct {{ json_canonical('each_item') }}) from unnest({{ list }}) as each_item)
    {%- else -%}
        {{ exceptions.raise_compiler_error('different_items is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    Whether a condition holds for every item of a list.

    @arg list       an expression
    @arg condition  an expression that calls the item `item`
#}
{% macro every_item(list, condition) %}
    {%- if target.type == 'duckdb' -%}
        len(list_filter({{ list }}, lambda item: ({{ condition }}) is not true)) = 0
    {%- elif target.type == 'bigquery' -%}
        not exists(select 1 from unnest({{ list }}) as item where ({{ condition }}) is not true)
    {%- else -%}
        {{ exceptions.raise_compiler_error('every_item is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    Whether a condition, the body of the call, holds for any item of a list. The condition
    calls the item `item`.

    @arg list  an expression
#}
{% macro any_item(list) %}
    {%- if target.type == 'duckdb' -%}
        len(list_filter({{ list }}, lambda item: {{ caller() }})) > 0
    {%- elif target.type == 'bigquery' -%}
        exists(select 1 from unnest({{ list }}) as item where {{ caller() }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('any_item is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

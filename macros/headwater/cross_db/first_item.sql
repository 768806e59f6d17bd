{#
    The first item of a list; null when it is empty.

    @arg list  a list expression
#}
{% macro first_item(list) %}
    {%- if target.type == 'duckdb' -%}
        {{ list }}[1]
    {%- elif target.type == 'bigquery' -%}
        {{ list }}[safe_offset(0)]
    {%- else -%}
        {{ exceptions.raise_compiler_error('first_item is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    What is left of a whole number divided by another; 0 when it is a multiple.

    @arg value    an expression: a 64-bit integer
    @arg divisor  a whole number over 0
#}
{% macro remainder(value, divisor) %}
    {%- if target.type == 'duckdb' -%}
        {{ value }} % {{ divisor }}
    {%- elif target.type == 'bigquery' -%}
        mod({{ value }}, {{ divisor }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('remainder is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

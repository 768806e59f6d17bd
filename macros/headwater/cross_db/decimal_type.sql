{#
    The type of a decimal, as decimal_of() makes it.

    @arg digits  how many there may be
    @arg scale   how many of them after the point
#}
{% macro decimal_type(digits, scale) %}
    {%- if target.type == 'duckdb' -%}
        decimal({{ digits }}, {{ scale }})
    {%- elif target.type == 'bigquery' -%}
        {{ 'numeric' if scale <= 9 and digits - scale <= 29 else 'bignumeric' }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('decimal_type is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A decimal, as a literal of the type that decimal_of() makes.

    @arg text    its digits, with a point, without an exponent
    @arg digits  how many there may be
    @arg scale   how many of them after the point
#}
{% macro decimal_literal(text, digits, scale) %}
    {%- if target.type == 'duckdb' -%}
        cast('{{ text }}' as decimal({{ digits }}, {{ scale }}))
    {%- elif target.type == 'bigquery' -%}
        {{ 'numeric' if scale <= 9 and digits - scale <= 29 else 'bignumeric' }} '{{ text }}'
    {%- else -%}
        {{ exceptions.raise_compiler_error('decimal_literal is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

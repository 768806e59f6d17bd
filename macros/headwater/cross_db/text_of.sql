{#
    A value as text.

    @arg value  an expression
#}
{% macro text_of(value) %}
    {%- if target.type == 'duckdb' -%}
        cast({{ value }} as varchar)
    {%- elif target.type == 'bigquery' -%}
        cast({{ value }} as string)
    {%- else -%}
        {{ exceptions.raise_compiler_error('text_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A text as a SQL string literal.

    @arg text  any text
#}
{% macro string_literal(text) %}
    {%- if target.type == 'duckdb' -%}
        '{{ text.replace("'", "''") }}'
    {%- elif target.type == 'bigquery' -%}
        '{{ text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r") }}'
    {%- else -%}
        {{ exceptions.raise_compiler_error('string_literal is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

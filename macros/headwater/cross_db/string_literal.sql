{#
    A text as a SQL string literal.

    @arg text  any text
#}
{% macro string_literal(text) %}
    {%- if target.type == 'duckdb' -%}
        {#- no literal there holds NUL, or says it -#}
        '{{ text.replace("'", "''").replace("\x00", "' || chr(0) || '") }}'
    {%- elif target.type == 'bigquery' -%}
        '
        {{- text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r").replace(
            "\x00", "\\x00"
        ) -}}
        '
    {%- else -%}
        {{ exceptions.raise_compiler_error('string_literal is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

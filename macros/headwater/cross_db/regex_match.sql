{#
    Whether any part of a text matches a regular expression.

    @arg text     an expression
    @arg pattern  a regular expression in the syntax of RE2
#}
{% macro regex_match(text, pattern) %}
    {%- if target.type == 'duckdb' -%}
        regexp_matches({{ text }}, {{ string_literal(pattern) }})
    {%- elif target.type == 'bigquery' -%}
        regexp_contains({{ text }}, {{ string_literal(pattern) }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('regex_match is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The text of a JSON string.

    @arg value  an expression: a JSON value
#}
{% macro json_string(value) %}
    {%- if target.type == 'duckdb' -%}
        json_extract_string({{ value }}, '$')
    {%- elif target.type == 'bigquery' -%}
        json_value({{ value }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_string is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

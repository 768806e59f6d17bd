{#
    A JSON number as a float; null when it is none.

    @arg value  an expression: a JSON value
#}
{% macro json_number(value) %}
    {%- if target.type == 'duckdb' -%}
        try_cast(json_extract_string({{ value }}, '$') as double)
    {%- elif target.type == 'bigquery' -%}
        safe_cast(json_value({{ value }}) as float64)
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_number is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

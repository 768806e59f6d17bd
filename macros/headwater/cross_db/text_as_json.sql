{#
    A text as a JSON string.

    @arg text  an expression
#}
{% macro text_as_json(text) %}
    {%- if target.type == 'duckdb' -%}
        to_json({{ text }})
    {%- elif target.type == 'bigquery' -%}
        to_json({{ text }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('text_as_json is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

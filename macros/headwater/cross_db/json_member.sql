{#
    The value of a property, as JSON; null when it is absent.

    @arg value  an expression: a JSON object
    @arg name   an expression: the property's name
#}
{% macro json_member(value, name) %}
    {%- if target.type == 'duckdb' -%}
        json_extract({{ value }}, '/' || replace(replace({{ name }}, '~', '~0'), '/', '~1'))
    {%- elif target.type == 'bigquery' -%}
        {{ value }}[{{ name }}]
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_member is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The names of a JSON object's properties, as a list of texts, each once.

    @arg value  an expression: a JSON object
#}
{% macro json_names(value) %}
    {%- if target.type == 'duckdb' -%}
        list_distinct(json_keys({{ value }}))
    {%- elif target.type == 'bigquery' -%}
        array(select {{ json_key('name') }} from unnest(json_keys({{ value }}, 1)) as name)
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_names is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

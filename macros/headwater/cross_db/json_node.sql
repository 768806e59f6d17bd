{#
    The value at a path of the record, as JSON; null when it is absent.

    @arg document  an expression: the text of the record
    @arg path      dotted path
#}
{% macro json_node(document, path) %}
    {%- if target.type == 'duckdb' -%}
        try(json_extract({{ document }}, {{ json_path(path) }}))
    {%- elif target.type == 'bigquery' -%}
        {{ json_field(path) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_node is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

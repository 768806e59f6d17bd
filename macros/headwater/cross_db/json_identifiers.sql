{#
    What json_identifier() reads of a document: on DuckDB the texts at some paths, on BigQuery
    the document as JSON.

    @arg document  an expression: the text of the record
    @arg paths     dotted paths
#}
{% macro json_identifiers(document, paths) %}
    {%- if target.type == 'duckdb' -%}
        try(json_extract_string({{ document }}, [
            {%- for path in paths -%}
                {{ json_path(path) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ]))
    {%- elif target.type == 'bigquery' -%}
        safe.parse_json({{ document }}, wide_number_mode => 'round')
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_identifiers is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

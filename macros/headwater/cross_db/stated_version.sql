{#
    The text of a string or number at a path of a record that is not parsed yet: the version
    it states, to be parsed as that version's event contract says. Null when there is none.

    @arg document  an expression: the text of the record
    @arg path      dotted path
#}
{% macro stated_version(document, path) %}
    {%- if target.type == 'duckdb' -%}
        try(json_extract_string({{ document }}, {{ json_path(path) }}))
    {%- elif target.type == 'bigquery' -%}
        json_value(
            safe.parse_json({{ document }}, wide_number_mode => 'round'), {{ json_path(path) }}
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('stated_version is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

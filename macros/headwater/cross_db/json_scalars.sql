{#
    The texts of all strings and numbers in a JSON text, names of properties among them, at
    whatever depth: what to look for where nothing says which path held it.

    @arg document  an expression: JSON text
    @returns a list of strings
#}
{% macro json_scalars(document) %}
    {%- if target.type == 'duckdb' -%}
        list_transform(
            regexp_extract_all({{ document }}, '"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*'),
            lambda scalar: case
                when contains(scalar, chr(92)) then json_extract_string(try_cast(scalar as json), '$')
                else trim(scalar, '"')
            end
        )
    {%- elif target.type == 'bigquery' -%}
        array(
            select coalesce(
                if(
                    strpos(scalar, chr(92)) > 0,
                    json_value(safe.parse_json(scalar)),
                    trim(scalar, '"')
                ),
                ''
            )
            from unnest(
                regexp_extract_all({{ document }}, r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*')
            ) as scalar
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_scalars is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

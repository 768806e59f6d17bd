{#
    One text out of several: joined by `|`, with `\` and `|` inside a part escaped by `\`.
    Null when a part is.

    @arg parts  expressions, text
#}
{% macro compound_id(parts) %}
    {%- if target.type == 'duckdb' -%}
        {%- for part in parts -%}
            replace(replace({{ part }}, '\', '\\'), '|', '\|')
            {{- " || '|' || " if not loop.last }}
        {%- endfor -%}
    {%- elif target.type == 'bigquery' -%}
        {%- for part in parts -%}
            replace(replace({{ part }}, '\\', '\\\\'), '|', '\\|')
            {{- " || '|' || " if not loop.last }}
        {%- endfor -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('compound_id is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

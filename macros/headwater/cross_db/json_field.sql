{#
    The expression for the raw field at a path of a parsed document: a typed value on DuckDB,
    JSON on BigQuery.

    @arg path  dotted path; '' is the record
#}
{% macro json_field(path) %}
    {%- if target.type == 'duckdb' -%}
        _fields
        {%- for name in path.split('.') if name -%}
            .{% if name.isidentifier() %}{{ name }}{% else %}"{{ name }}"{% endif %}
        {%- endfor -%}
    {%- elif target.type == 'bigquery' -%}
        _fields
        {%- for name in path.split('.') if name -%}
            ['{{ name }}']
        {%- endfor -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_field is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

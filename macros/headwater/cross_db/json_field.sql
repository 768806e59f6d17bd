{#
    The expression for the raw field at a path of a parsed document: a typed value on DuckDB,
    JSON on BigQuery.

    @arg path  dotted path; '' is the record
    @arg of    what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_field(path, of='') %}
    {%- if target.type == 'duckdb' -%}
        {{ of }}_fields
        {%- for name in path.split('.') if name -%}
            .{% if name.isidentifier() %}{{ name }}{% else %}"{{ name }}"{% endif %}
        {%- endfor -%}
    {%- elif target.type == 'bigquery' -%}
        {{ of }}_fields
        {%- for name in path.split('.') if name -%}
            ['{{ name }}']
        {%- endfor -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_field is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

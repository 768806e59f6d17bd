{#
    A hash that identifies a record by its text, in hexadecimal.

    @arg record  an expression, text
#}
{% macro record_hash(record) %}
    {%- if target.type == 'duckdb' -%}
        md5({{ record }})
    {%- elif target.type == 'bigquery' -%}
        to_hex(md5({{ record }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error('record_hash is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

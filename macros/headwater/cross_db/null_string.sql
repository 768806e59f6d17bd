{#
    A null that is a string.
#}
{% macro null_string() %}
    {%- if target.type == 'duckdb' -%}
        cast(null as varchar)
    {%- elif target.type == 'bigquery' -%}
        cast(null as string)
    {%- else -%}
        {{ exceptions.raise_compiler_error('null_string is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The UTC hour a timestamp lies in.

    @arg timestamp  a timestamp expression
#}
{% macro hour_of(timestamp) %}
    {%- if target.type == 'duckdb' -%}
        date_trunc('hour', {{ timestamp }})
    {%- elif target.type == 'bigquery' -%}
        timestamp_trunc({{ timestamp }}, hour)
    {%- else -%}
        {{ exceptions.raise_compiler_error('hour_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The first day of the month a date lies in.

    @arg date  a date expression
#}
{% macro month_of(date) %}
    {%- if target.type == 'duckdb' -%}
        cast(date_trunc('month', {{ date }}) as date)
    {%- elif target.type == 'bigquery' -%}
        date_trunc({{ date }}, month)
    {%- else -%}
        {{ exceptions.raise_compiler_error('month_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

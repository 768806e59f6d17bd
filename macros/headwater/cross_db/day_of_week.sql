{#
    The day of the week of a date, from 1, Monday, to 7, Sunday, as ISO 8601 counts.

    @arg date  an expression
#}
{% macro day_of_week(date) %}
    {%- if target.type == 'duckdb' -%}
        extract(isodow from {{ date }})
    {%- elif target.type == 'bigquery' -%}
        mod(extract(dayofweek from {{ date }}) + 5, 7) + 1
    {%- else -%}
        {{ exceptions.raise_compiler_error('day_of_week is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

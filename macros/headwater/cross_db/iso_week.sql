{#
    The ISO 8601 week that a date lies in, 1 to 53. Its year, which is not always that of
    the date, is `extract(isoyear from …)` on both engines.

    @arg date  an expression
#}
{% macro iso_week(date) %}
    {%- if target.type == 'duckdb' -%}
        extract(week from {{ date }})
    {%- elif target.type == 'bigquery' -%}
        extract(isoweek from {{ date }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('iso_week is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The first days of all months from that of one date to that of another, as a list.

    @arg first, last  date expressions
#}
{% macro list_of_months(first, last) %}
    {%- if target.type == 'duckdb' -%}
        cast(generate_series(date_trunc('month', {{ first }}), {{ last }}, interval 1 month) as date[])
    {%- elif target.type == 'bigquery' -%}
        generate_date_array(date_trunc({{ first }}, month), {{ last }}, interval 1 month)
    {%- else -%}
        {{ exceptions.raise_compiler_error('list_of_months is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    Every date from one to another, both included, as a list; `unnested` makes rows of it.

    @arg first, last  date expressions
#}
{% macro list_of_dates(first, last) %}
    {%- if target.type == 'duckdb' -%}
        cast(generate_series({{ first }}, {{ last }}, interval 1 day) as date[])
    {%- elif target.type == 'bigquery' -%}
        generate_date_array({{ first }}, {{ last }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('list_of_dates is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

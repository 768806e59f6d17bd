{#
    How many days after a date another one is; negative when it is before it.

    @arg earlier, later  date expressions
#}
{% macro days_between(earlier, later) %}
    {%- if target.type == 'duckdb' -%}
        date_diff('day', {{ earlier }}, {{ later }})
    {%- elif target.type == 'bigquery' -%}
        date_diff({{ later }}, {{ earlier }}, day)
    {%- else -%}
        {{ exceptions.raise_compiler_error('days_between is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A timestamp so many seconds later.

    @arg timestamp  an expression
    @arg seconds    a whole number, negative for earlier
#}
{% macro add_seconds(timestamp, seconds) %}
    {%- if target.type == 'duckdb' -%}
        {{ timestamp }} + to_seconds({{ seconds }})
    {%- elif target.type == 'bigquery' -%}
        timestamp_add({{ timestamp }}, interval {{ seconds }} second)
    {%- else -%}
        {{ exceptions.raise_compiler_error('add_seconds is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

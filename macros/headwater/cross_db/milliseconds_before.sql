{#
    The timestamp so many milliseconds before another, but none before the first of the
    calendar, which BigQuery could not hold: clocks that were never set say 0001-01-01.

    @arg timestamp     an expression
    @arg milliseconds  an expression: a whole number
#}
{% macro milliseconds_before(timestamp, milliseconds) %}
    {%- if target.type == 'duckdb' -%}
        case
            when {{ timestamp }} - to_microseconds(1000 * {{ milliseconds }}) < timestamp '0001-01-01 00:00:00'
                then timestamp '0001-01-01 00:00:00'
            else {{ timestamp }} - to_microseconds(1000 * {{ milliseconds }})
        end
    {%- elif target.type == 'bigquery' -%}
        case
            when timestamp_diff({{ timestamp }}, timestamp '0001-01-01 00:00:00', millisecond) < {{ milliseconds }}
                then timestamp '0001-01-01 00:00:00'
            else timestamp_sub({{ timestamp }}, interval {{ milliseconds }} millisecond)
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('milliseconds_before is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A time counted from 1970 as a UTC timestamp of microseconds; null when it is no number or
    lies outside the years 1 to 9999.

    @arg text  an expression
    @arg unit  seconds, milliseconds or microseconds
#}
{% macro parse_epoch(text, unit) %}
    {%- set factor = {'seconds': 1000000, 'milliseconds': 1000, 'microseconds': 1}[unit] -%}
    {%- set number = '^-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?$' -%}
    {%- if target.type == 'duckdb' -%}
        {%- set count = 'round(try_cast(' ~ text ~ ' as double) * ' ~ factor ~ ')' -%}
        case
            when
                regexp_matches({{ text }}, '{{ number }}')
                and {{ count }} >= -62135596800000000
                and {{ count }} < 253402300800000000
                then make_timestamp(cast({{ count }} as bigint))
        end
    {%- elif target.type == 'bigquery' -%}
        {%- set count = 'round(safe_cast(' ~ text ~ ' as float64) * ' ~ factor ~ ')' -%}
        if(
            regexp_contains({{ text }}, r'{{ number }}')
            and {{ count }} >= -62135596800000000
            and {{ count }} < 253402300800000000,
            timestamp_micros(safe_cast({{ count }} as int64)),
            null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('parse_epoch is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

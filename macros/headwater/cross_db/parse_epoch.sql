{#
    A time counted from 1970 as a UTC timestamp of microseconds; null when it is no number or
    lies outside the years 1 to 9999.

    @arg text  an expression
    @arg unit  seconds, milliseconds or microseconds
#}
{% macro parse_epoch(text, unit) %}
    {%- set factor = {'seconds': 1000000, 'milliseconds': 1000, 'microseconds': 1}[unit] -%}
    {%- if target.type == 'duckdb' -%}
        case
                        when
                            regexp_matches({{ text }}, '^-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?$')
                            and round(try_cast({{ text }} as double) * {{ factor }}) >= -62135596800000000
                    and round(try_cast({{ text }} as double) * {{ factor }}) < 253402300800000000
                            then make_timestamp(cast(round(try_cast({{ text }} as double) * {{ factor }}) as bigint))
                    end
    {%- elif target.type == 'bigquery' -%}
        if(
                        regexp_contains({{ text }}, r'^-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?$')
                        and round(safe_cast({{ text }} as float64) * {{ factor }}) >= -62135596800000000
                and round(safe_cast({{ text }} as float64) * {{ factor }}) < 253402300800000000,
                        timestamp_micros(safe_cast(round(safe_cast({{ text }} as float64) * {{ factor }}) as int64)),
                        null
                    )
    {%- else -%}
        {{ exceptions.raise_compiler_error('parse_epoch is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

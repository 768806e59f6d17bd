{#
    A whole number as a 64-bit integer; null when it has a fraction or does not fit. Written
    with a fraction or exponent it must lie within 64 bits strictly, because it was rounded
    to a float.

    @arg value  an expression: the text of a JSON number
#}
{% macro integer_of(value) %}
    {%- if target.type == 'duckdb' -%}
        case
            when {{ value }} not similar to '-?[0-9]+'
                then case
                    when
                        abs(try_cast({{ value }} as double)) < 9223372036854775808.0
                        and try_cast({{ value }} as double) % 1 = 0
                        then try_cast(try_cast({{ value }} as double) as bigint)
                end
            else try_cast({{ value }} as bigint)
        end
    {%- elif target.type == 'bigquery' -%}
        coalesce(
            safe_cast({{ value }} as int64),
            if(
                abs(safe_cast({{ value }} as float64)) < 9223372036854775808.0
                and trunc(safe_cast({{ value }} as float64)) = safe_cast({{ value }} as float64),
                safe_cast(safe_cast({{ value }} as float64) as int64),
                null
            )
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('integer_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    An RFC 3339 time as a UTC timestamp of microseconds (further digits are cut off); null
    when it is none, names a day or time that does not exist, a leap second (which neither
    engine can hold), or lies outside the years 1 to 9999.

    @arg text  an expression
    @arg zone  required: as RFC 3339 has it; optional: no zone means UTC, and a space may
               stand for the T
#}
{% macro parse_timestamp(text, zone) %}
    {%- set pattern = (
        '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
        ~ ('[Tt ]' if zone == 'optional' else '[Tt]')
        ~ '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?'
    ) -%}
    {%- if target.type == 'duckdb' -%}
        case
            when regexp_matches({{ text }}, '{{ pattern }}(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$')
                then case
                    when {{ text }} >= '0002' and {{ text }} < '9999'
                        then try_cast(upper({{ text }}) as timestamptz) at time zone 'UTC'
                    when
                        try_cast(upper({{ text }}) as timestamptz)
                        between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'
                        then try_cast(upper({{ text }}) as timestamptz) at time zone 'UTC'
                end
            {%- if zone == 'optional' %}
            when regexp_matches({{ text }}, '{{ pattern }}$') and {{ text }} >= '0001'
                then try_cast(upper({{ text }}) as timestamp)
            {%- endif %}
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            regexp_contains({{ text }}, r'{{ pattern }}(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]){{ '?' if zone == 'optional' }}$'),
            {#- Zones beyond 14 hours are RFC 3339's but not BigQuery's: shift by hand. -#}
            safe.timestamp_sub(
                safe_cast(
                    regexp_replace(
                        regexp_extract(upper({{ text }}), r'^[0-9T: -]{19}(?:[.][0-9]{1,6})?'), 'T', ' '
                    ) as timestamp
                ),
                interval coalesce(
                    60 * safe_cast(regexp_extract({{ text }}, r'([+-][0-9]{2}):[0-9]{2}$') as int64)
                    + safe_cast(concat(
                        regexp_extract({{ text }}, r'([+-])[0-9]{2}:[0-9]{2}$'),
                        regexp_extract({{ text }}, r'[+-][0-9]{2}:([0-9]{2})$')
                    ) as int64),
                    0
                ) minute
            ),
            null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('parse_timestamp is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

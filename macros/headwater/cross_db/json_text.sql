{#
    The text of a string or number at a path, for what may be written as either: ids,
    versions, epochs. Null when it is absent, null or anything else.

    @arg shape      as for json_parse()
    @arg path       dotted path
    @arg fractions  also of numbers that are not 64-bit integers; engines spell some of
                    these differently, so only for what is compared as a number
#}
{% macro json_text(shape, path, fractions=false) %}
    {%- if target.type == 'duckdb' -%}
        case
            when _types[{{ json_position(shape, path) }}] in ('VARCHAR', 'BIGINT', 'UBIGINT'{{ ", 'DOUBLE'" if fractions }})
                then cast({{ json_field(path) }} as varchar)
        end
    {%- elif target.type == 'bigquery' -%}
        case
            when json_type({{ json_field(path) }}) = 'string' then json_value({{ json_field(path) }})
            when
                json_type({{ json_field(path) }}) = 'number'
                {%- if not fractions %}
                and regexp_contains(json_value({{ json_field(path) }}), '^-?[0-9]+$')
                {%- endif %}
                then json_value({{ json_field(path) }})
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_text is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

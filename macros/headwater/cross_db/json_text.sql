{#
    The text of a string or 64-bit integer at a path, for what may be written as either,
    such as an id. Null when it is absent, null or anything else.

    @arg shape  as for json_parse()
    @arg path   dotted path
#}
{% macro json_text(shape, path) %}
    {%- if target.type == 'duckdb' -%}
        case
            when _types[{{ json_position(shape, path) }}] in ('VARCHAR', 'BIGINT', 'UBIGINT')
                then cast({{ json_field(path) }} as varchar)
        end
    {%- elif target.type == 'bigquery' -%}
        {%- set field = json_field(path) -%}
        case
            when
                json_type({{ field }}) = 'string'
                or (
                    json_type({{ field }}) = 'number'
                    and regexp_contains(json_value({{ field }}), '^-?[0-9]+$')
                )
                then json_value({{ field }})
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_text is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

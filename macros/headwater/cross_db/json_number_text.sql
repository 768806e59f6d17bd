{#
    The text of a string or any number at a path, for what will be read as a number, such as
    an epoch: engines spell some numbers differently. Null when it is anything else.

    @arg shape  as for json_parse()
    @arg path   dotted path
#}
{% macro json_number_text(shape, path) %}
    {%- if target.type == 'duckdb' -%}
        case
            when _types[{{ json_position(shape, path) }}] in ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE')
                then cast({{ json_field(path) }} as varchar)
        end
    {%- elif target.type == 'bigquery' -%}
        case
            when json_type({{ json_field(path) }}) in ('string', 'number')
                then json_value({{ json_field(path) }})
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_number_text is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

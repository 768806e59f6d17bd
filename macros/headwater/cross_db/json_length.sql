{#
    How many items an array has; null when the value is no array.

    @arg shape  as for json_parse()
    @arg path   dotted path
#}
{% macro json_length(shape, path) %}
    {%- if target.type == 'duckdb' -%}
        case
            when _types[{{ json_position(shape, path) }}] = 'ARRAY'
                then len(_item_types_{{ json_position(shape, path, '[]') }})
        end
    {%- elif target.type == 'bigquery' -%}
        array_length(json_query_array({{ json_field(path) }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_length is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

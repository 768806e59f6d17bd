{#
    How many items an array has; null when the value is no array.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_length(shape, path, of='') %}
    {%- if target.type == 'duckdb' -%}
        case
            when {{ of }}_types[{{ json_position(shape, path) }}] = 'ARRAY'
                then json_array_length({{ json_field(path, of) }})
        end
    {%- elif target.type == 'bigquery' -%}
        array_length(json_query_array({{ json_field(path, of) }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_length is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

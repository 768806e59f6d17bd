{#
    Whether every item of an array has the declared JSON type; null when the value is no array.

    @arg shape  as for json_parse()
    @arg path   dotted path
#}
{% macro json_items_are_typed(shape, path) %}
    {%- set kind = shape[path].replace('[]', '') -%}
    {%- if target.type == 'duckdb' -%}
        {%- set items = '_item_types_' ~ json_position(shape, path, '[]') -%}
        case
            when _types[{{ json_position(shape, path) }}] = 'ARRAY'
                then len(list_filter({{ items }}, lambda item: not {{ json_is('item', 'number' if kind == 'integer' else kind) }})) = 0
                {%- if kind == 'integer' %}
                and len(list_filter(
                    {{ json_field(path) }}, lambda item: (try_cast(item as double) % 1 = 0) is not true
                )) = 0
                {%- endif %}
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            json_type({{ json_field(path) }}) = 'array',
            not exists(
                select 1
                from unnest(json_query_array({{ json_field(path) }})) as item
                where json_type(item) != '{{ 'number' if kind == 'integer' else kind }}'
                {%- if kind == 'integer' %}
                    or trunc(safe_cast(json_value(item) as float64))
                    != safe_cast(json_value(item) as float64)
                {%- endif %}
            ),
            null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_items_are_typed is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

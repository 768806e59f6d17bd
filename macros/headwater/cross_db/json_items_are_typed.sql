{#
    Whether every item of an array has the declared JSON type; null when the value is no array.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_items_are_typed(shape, path, of='') %}
    {%- set kind = shape[path].replace('[]', '') -%}
    {%- if target.type == 'duckdb' -%}
        {%- set items = 'json_type(' ~ json_field(path, of) ~ ", '$[*]')" -%}
        case
            when {{ of }}_types[{{ json_position(shape, path) }}] = 'ARRAY'
                then len(list_filter({{ items }}, lambda item: not {{ json_is('item', 'number' if kind == 'integer' else kind) }})) = 0
                {%- if kind == 'integer' %}
                and len(list_filter(
                    from_json({{ json_field(path, of) }}, '["DOUBLE"]'), lambda item: (item % 1 = 0) is not true
                )) = 0
                {%- endif %}
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            json_type({{ json_field(path, of) }}) = 'array',
            not exists(
                select 1
                from unnest(json_query_array({{ json_field(path, of) }})) as item
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

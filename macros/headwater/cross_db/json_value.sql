{#
    The value at a path, typed by its kind; null unless its JSON type is that. A decimal is
    the text of the number, for decimal_of(). An array is a
    list of typed items, empty unless every item has the declared type.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_value(shape, path, of='') %}
    {%- set kind = shape[path] -%}
    {%- if target.type == 'duckdb' -%}
        {%- set type = of ~ '_types[' ~ json_position(shape, path) ~ ']' -%}
        {%- set field = json_field(path, of) -%}
        {%- if kind.endswith('[]') -%}
            case
                when {{ json_items_are_typed(shape, path, of) }}
                    then {% if kind == 'integer[]' -%}
                        list_filter(
                            list_transform(
                                from_json({{ field }}, '["VARCHAR"]'), lambda item: {{ integer_of('item') }}
                            ),
                            lambda item: item is not null
                        )
                    {%- else -%}
                        from_json({{ field }}, '["{{ {'number[]': 'DOUBLE', 'boolean[]': 'BOOLEAN'}.get(kind, 'VARCHAR') }}"]')
                    {%- endif %}
                else []
            end
        {%- elif kind == 'integer' -%}
            case
                when {{ type }} in ('BIGINT', 'UBIGINT') then try_cast({{ field }} as bigint)
                when {{ type }} = 'DOUBLE' then {{ integer_of(field) }}
            end
        {%- else -%}
            case when {{ json_is(type, 'number' if kind == 'decimal' else kind) }} then {{ field }} end
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- set field = json_field(path, of) -%}
        {%- if kind.endswith('[]') -%}
            if(
                {{ json_items_are_typed(shape, path, of) }},
                array(
                    select {{ json_scalar('item', kind.replace('[]', '')) }}
                    from unnest(json_query_array({{ field }})) as item with offset as position
                    {%- if kind == 'integer[]' %}
                    where {{ integer_of('json_value(item)') }} is not null
                    {%- endif %}
                    order by position
                ),
                []
            )
        {%- elif kind == 'decimal' -%}
            {#- the parsed document has it as a float, the text all its digits -#}
            if(json_type({{ field }}) = 'number', json_value(_document, {{ json_path(path) }}), null)
        {%- else -%}
            if(
                json_type({{ field }}) = '{{ 'number' if kind == 'integer' else kind }}',
                {{ json_scalar(field, kind) }},
                null
            )
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_value is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

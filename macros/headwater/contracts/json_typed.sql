{#
    A JSON value as the type of its column: what cannot be of it is null, an array empty.

    @arg value  an expression: a JSON value, or null
    @arg what   dict: `kind` (string, integer, number, boolean, timestamp, object, array); of
                an object `fields`, as for json_structs(); of an array `items`, such a dict
    @arg depth  how many arrays it is inside of
#}
{% macro json_typed(value, what, depth) %}
    {%- if what.kind == 'object' -%}
        {%- set fields = {} -%}
        {%- for name, field in what.fields.items() -%}
            {%- do fields.update({
                name: json_typed(json_member(value, string_literal(field['from'])), field, depth)
            }) -%}
        {%- endfor -%}
        {{ assemble_struct(json_has_type(value, ['object']), fields) }}
    {%- elif what.kind == 'array' -%}
        {{ mapped_list(json_items(value), 'item_' ~ depth, json_typed('item_' ~ depth, what['items'], depth + 1)) }}
    {%- elif what.kind == 'integer' -%}
        {{ integer_of(json_string(value)) }}
    {%- elif what.kind == 'number' -%}
        {{ json_number(value) }}
    {%- elif what.kind == 'boolean' -%}
        {{ json_string(value) }} = 'true'
    {%- elif what.kind == 'timestamp' -%}
        {{ parse_timestamp(json_string(value), zone='required') }}
    {%- else -%}
        {{ json_string(value) }}
    {%- endif -%}
{%- endmacro %}

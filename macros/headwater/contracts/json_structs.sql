{#
    An array of objects as a list of structs; empty unless every value in it is of its
    declared type.

    @arg value   an expression: a JSON value
    @arg fields  dict: name in the struct -> a dict as for json_typed(), with `from`, the
                 property's name
    @arg typed   the schema that such an array meets, as for fits()
#}
{% macro json_structs(value, fields, typed) -%}
    {%- set items = 'case when ' ~ fits(value, typed) ~ ' then ' ~ json_items(value) ~ ' end' -%}
    {{ mapped_list(items, 'item_0', json_typed('item_0', {'kind': 'object', 'fields': fields}, 1)) }}
{%- endmacro %}

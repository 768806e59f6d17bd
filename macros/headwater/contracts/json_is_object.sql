{#
    Whether there is an object at a path; false when there is anything else, or nothing.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_is_object(shape, path, of='') -%}
    coalesce({{ json_is(json_type(shape, path, of), 'object') }}, false)
{%- endmacro %}

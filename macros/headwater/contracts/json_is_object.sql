{#
    Whether there is an object at a path; false when there is anything else, or nothing.

    @arg shape  as for json_parse()
    @arg path   dotted path
#}
{% macro json_is_object(shape, path) -%}
    coalesce({{ json_is(json_type(shape, path), 'object') }}, false)
{%- endmacro %}

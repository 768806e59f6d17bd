{#
    The path of an object inside the payload, with a final dot; nothing for the payload.

    @arg shape  as for json_parse()
    @arg path   dotted path of the object
#}
{% macro json_below(shape, path) %}
    {%- set objects = [] -%}
    {%- for each, kind in shape.items() if kind == 'object' -%}
        {%- do objects.append(each) -%}
    {%- endfor -%}
    {%- if path != objects[0] -%}
        {{ path[(objects[0] ~ '.') | length if objects[0] else 0:] }}.
    {%- endif -%}
{%- endmacro %}

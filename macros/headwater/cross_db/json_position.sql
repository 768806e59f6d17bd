{#
    Where a path stands among those of a shape, counting from 1.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg kind   count only paths of this kind (`[]` is every kind of array)
#}
{% macro json_position(shape, path, kind='') %}
    {%- set paths = shape.keys() | list -%}
    {%- if kind -%}
        {%- set paths = [] -%}
        {%- for each, its_kind in shape.items() if its_kind.endswith(kind) -%}
            {%- do paths.append(each) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ paths.index(path) + 1 }}
{%- endmacro %}

{#
    Whether a property name of an object is one that a shape does not know.

    @arg shape  as for json_parse()
    @arg path   dotted path of the object
    @arg name   an expression: the property name
#}
{% macro is_unknown_key(shape, path, name='name') %}
    {%- set known = [] -%}
    {%- for each in shape if each and each.rpartition('.')[0] == path -%}
        {%- do known.append("'" ~ each.rpartition('.')[2] ~ "'") -%}
    {%- endfor -%}
    {%- if known -%}
        {{ name }} not in ({{ known | join(', ') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#
    Whether a property of an object is one that a part of its schema judges. Never null.

    @arg value  an expression: a JSON object
    @arg name   an expression: the property's name
    @arg part   dict of `when`, the schemas that the object must meet for it, and `all`, or the
                lists `names` and `patterns` (as RE2)
    @arg depth  how many schemas this one is inside of
#}
{% macro is_known_name(value, name, part, depth) %}
    {%- set any = ['true' if part.get('all') else 'false'] -%}
    {%- for each in part.get('names', []) -%}
        {%- do any.append(name ~ ' = ' ~ string_literal(each)) -%}
    {%- endfor -%}
    {%- for pattern in part.get('patterns', []) -%}
        {%- do any.append(regex_match(name, pattern)) -%}
    {%- endfor -%}
    (({{ any | join(' or ') }}) and {{ meets_all(value, part.when, depth) }})
{%- endmacro %}

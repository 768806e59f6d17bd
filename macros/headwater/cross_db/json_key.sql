{#
    A property name as BigQuery's json_keys() gives it, unquoted: odd ones come quoted.

    @arg name  an expression
#}
{% macro json_key(name) -%}
    if(starts_with({{ name }}, '"'), ifnull(json_value(safe.parse_json({{ name }})), {{ name }}), {{ name }})
{%- endmacro %}

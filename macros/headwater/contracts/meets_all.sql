{#
    Whether a JSON value meets every one of these schemas. Never null.

    @arg value    an expression: a JSON value that is there
    @arg schemas  as for fits(), a list
    @arg depth    how many schemas these are inside of
#}
{% macro meets_all(value, schemas, depth) %}
    {%- set all = [] -%}
    {%- for each in schemas -%}
        {%- do all.append(fits(value, each, depth)) -%}
    {%- endfor -%}
    ({{ all | join(' and ') or 'true' }})
{%- endmacro %}

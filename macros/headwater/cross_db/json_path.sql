{#
    The JSON path of a dotted path, as a DuckDB string literal.

    @arg path    dotted path; '' is the record
    @arg suffix  what to append, such as [*]
#}
{% macro json_path(path, suffix='') %}
    {%- set steps = [] -%}
    {%- for name in path.split('.') if name -%}
        {%- do steps.append('."' ~ name ~ '"') -%}
    {%- endfor -%}
    '${{ steps | join }}{{ suffix }}'
{%- endmacro %}

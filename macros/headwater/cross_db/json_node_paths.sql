{#
    The JSON paths of what json_node() reads, as a DuckDB list; nothing when there are none.

    @arg shape  as for json_parse()
    @arg nodes  as for json_parse()
#}
{% macro json_node_paths(shape, nodes=[]) %}
    {%- set paths = [] -%}
    {%- for path, kind in shape.items() if kind.endswith('[]') -%}
        {%- do paths.append(json_path(path)) -%}
    {%- endfor -%}
    {%- for path in nodes -%}
        {%- do paths.append(json_path(path)) -%}
    {%- endfor -%}
    {%- if paths -%}
        [{{ paths | join(', ') }}]
    {%- endif -%}
{%- endmacro %}

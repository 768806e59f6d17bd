{#
    The value at a path, as JSON; null when it is absent.

    @arg shape  as for json_parse()
    @arg path   dotted path of an array or a map, or one of `nodes`; '' is an item itself
    @arg nodes  as for json_parse()
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_node(shape, path, nodes=[], of='') %}
    {%- if target.type == 'duckdb' -%}
        {%- if of and not path -%}
            {{ of }}_json
        {%- elif shape[path] == 'map' or shape[path].endswith('[]') -%}
            {#- a field of what from_json() gives is null for both absent and null -#}
            coalesce({{ json_field(path, of) }}, case when {{ json_type(shape, path, of) }} = 'NULL' then 'null' end)
        {%- else -%}
            {{ of }}_nodes[{{ nodes.index(path) + 1 }}]
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {{ json_field(path, of) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_node is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

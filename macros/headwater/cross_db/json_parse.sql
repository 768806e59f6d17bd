{#
    Parses a JSON document once, into the columns that json_value(), json_type(),
    json_text(), json_items_are_typed() and unknown_fields() read. On DuckDB: `_fields` (a
    typed struct, with arrays as JSON), `_types` (the JSON type of each path), `_keys` (the
    property names of each object) and `_nodes` (the JSON of each of `nodes`); on BigQuery
    `_fields` alone, as JSON. Every function of the document parses all of it, so there is one
    of each.
    What the engine cannot parse gives nulls.

    @arg document  an expression: the text of the record
    @arg shape     dict: dotted path -> kind, the record itself as '' first, parents before
                   children. Kinds: string, integer, number, boolean, string[] (and so on),
                   map (an object whose names are data), decimal (a number whose digits are read, as text),
                   object (declared by the event contract, so its keys are accounted for),
                   envelope (an object that only leads to envelope values)
    @arg nodes     list of further paths that json_node() reads
#}
{% macro json_parse(document, shape, nodes=[]) %}
    {%- if target.type == 'duckdb' -%}
        {{ json_fields(document, shape) }} as _fields,
        try(json_type({{ document }}, [
            {%- for path in shape -%}
                {{ json_path(path) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ])) as _types,
        try(json_keys({{ document }}, [
            {%- for path, kind in shape.items() if kind == 'object' -%}
                {{ json_path(path) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ])) as _keys
        {%- if nodes -%}
            ,
        try(json_extract({{ document }}, [
            {%- for path in nodes -%}
                {{ json_path(path) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ])) as _nodes
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {{ json_fields(document, shape) }} as _fields
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_parse is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

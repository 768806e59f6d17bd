{#
    The fields of a JSON document, by one call.

    @arg document  an expression: the text of the record
    @arg shape     as for json_parse()
#}
{% macro json_fields(document, shape) %}
    {%- if target.type == 'duckdb' -%}
        {%- set parents = {} -%}
        {%- for path in shape if path -%}
            {%- do parents.update({path.rpartition('.')[0]: true}) -%}
        {%- endfor -%}
        {#- A decimal anywhere makes DuckDB keep the digits of all numbers that it reads as text. -#}
        {%- set root = {'_digits': 'DECIMAL(1, 0)'} if 'decimal' in shape.values() else {} -%}
        {%- for path, kind in shape.items() if path -%}
            {%- set names = path.split('.') -%}
            {%- set place = namespace(node=root) -%}
            {%- for name in names[:-1] -%}
                {%- set place.node = place.node[name] -%}
            {%- endfor -%}
            {%- set scalar = {
                'number': 'DOUBLE', 'boolean': 'BOOLEAN'
            }.get(kind, 'JSON' if kind == 'map' or kind.endswith('[]') else 'VARCHAR') -%}
            {%- do place.node.update({names[-1]: {} if path in parents else scalar}) -%}
        {%- endfor -%}
        try(from_json({{ document }}, '{{ tojson(root) }}'))
    {%- elif target.type == 'bigquery' -%}
        safe.parse_json({{ document }}, wide_number_mode => 'round')
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_fields is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

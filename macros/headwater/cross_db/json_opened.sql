{#
    The items of a JSON array as a list of structs, each parsed once as json_parse() does a
    document; empty when the value is no array.

    @arg value   an expression: the array, as JSON
    @arg item    what the fields call an item, before the columns of json_parse()
    @arg shape   as for json_parse(), of an item: '' is the item itself
    @arg nodes   as for json_parse()
    @arg fields  dict: name of the struct's field -> expression
#}
{% macro json_opened(value, item, shape, nodes, fields) %}
    {%- if target.type == 'duckdb' -%}
        coalesce(list_transform(
            list_transform(
                json_extract({{ value }}, '$[*]'),
                lambda {{ item }}: {
                    '_json': {{ item }},
                    '_fields': {{ json_fields(item, shape) }},
                    '_types': json_type({{ item }}, [
                        {%- for path in shape -%}
                            {{ json_path(path) }}{{ ', ' if not loop.last }}
                        {%- endfor -%}
                    ]),
                    '_keys': json_keys({{ item }}, [
                        {%- for path, kind in shape.items() if kind == 'object' -%}
                            {{ json_path(path) }}{{ ', ' if not loop.last }}
                        {%- endfor -%}
                    ]),
                    '_nodes': {% if nodes %}json_extract({{ item }}, [
                        {%- for path in nodes -%}
                            {{ json_path(path) }}{{ ', ' if not loop.last }}
                        {%- endfor -%}
                    ]){% else %}null{% endif %}
                }
            ),
            lambda {{ item }}: {
                {%- for name, expression in fields.items() %}
                '{{ name }}': {{ expression }}{{ ',' if not loop.last }}
                {%- endfor %}
            }
        ), [])
    {%- elif target.type == 'bigquery' -%}
        array(
            select as struct
                {%- for name, expression in fields.items() %}
                {{ expression }} as `{{ name }}`{{ ',' if not loop.last }}
                {%- endfor %}
            from unnest(array(
                select as struct {{ item }} as _fields
                from unnest(json_query_array({{ value }})) as {{ item }} with offset as position
                order by position
            )) as {{ item }} with offset as position
            order by position
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_opened is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The JSON text of a record. That of a CSV record is an object of strings: a cell of which
    the event contract says that it is no string becomes a JSON value of a declared type when
    its text is one, and stays a string otherwise.

    @arg record  an expression: the record as delivered
    @arg format  an expression: csv, or anything else
    @arg cells   dict: property -> list of its declared JSON types
#}
{% macro csv_as_json(record, format, cells) %}
    {%- if target.type == 'duckdb' -%}
        {%- if cells -%}
        {#- not json_merge_patch: it takes a null anywhere in a cell for "delete this" -#}
        {%- set text = "json_extract_string(cell.value, '$')" -%}
        case
            when {{ format }} = 'csv'
                then cast(to_json(map_from_entries(list_transform(
                    map_entries(cast(cast({{ record }} as json) as map(varchar, json))),
                    lambda cell: {
                        'key': cell.key,
                        'value': case
                            {%- for name, types in cells.items() %}
                            when cell.key = '{{ name }}' and {{ csv_cell_is(text, types) }}
                                then cast({{ text }} as json)
                            {%- endfor %}
                            else cell.value
                        end,
                    }
                ))) as varchar)
            else {{ record }}
        end
        {%- else -%}
        {{ record }}
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if cells -%}
        if(
            {{ format }} = 'csv',
            to_json_string(json_set(
                safe.parse_json({{ record }}),
                {%- for name, types in cells.items() %}
                {%- set text = "json_value(" ~ record ~ ", " ~ json_path(name) ~ ")" %}
                {{ json_path(name) }},
                if(
                    {{ csv_cell_is(text, types) }},
                    safe.parse_json({{ text }}, wide_number_mode => 'round'),
                    json_query(safe.parse_json({{ record }}), {{ json_path(name) }})
                ),
                {%- endfor %}
                create_if_missing => false
            )),
            {{ record }}
        )
        {%- else -%}
        {{ record }}
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('csv_as_json is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

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
        {#- Written as text: JSON functions would round the numbers. -#}
        {%- set text = "json_extract_string(cell.value, '$')" -%}
        case
            when {{ format }} = 'csv'
                then '{' || array_to_string(list_transform(
                    map_entries(cast(cast({{ record }} as json) as map(varchar, json))),
                    lambda cell: cast(to_json(cell.key) as varchar) || ':' || case
                        {%- for name, types in cells.items() %}
                        when cell.key = '{{ name }}' and {{ csv_cell_is(text, types) }} then {{ text }}
                        {%- endfor %}
                        else cast(cell.value as varchar)
                    end
                ), ',') || '}'
            else {{ record }}
        end
        {%- else -%}
        {{ record }}
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if cells -%}
        if(
            {{ format }} = 'csv',
            (
                select
                    concat('{', ifnull(string_agg(concat(to_json_string(name), ':', case
                        {%- for name, types in cells.items() %}
                        when name = '{{ name }}' and {{ csv_cell_is('cell', types) }} then cell
                        {%- endfor %}
                        else to_json_string(cell)
                    end), ','), ''), '}')
                from (
                    select {{ json_key('key') }} as name, json_value(row_[{{ json_key('key') }}]) as cell
                    from
                        unnest([safe.parse_json({{ record }})]) as row_,
                        unnest(json_keys(row_, 1)) as key
                )
            ),
            {{ record }}
        )
        {%- else -%}
        {{ record }}
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('csv_as_json is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

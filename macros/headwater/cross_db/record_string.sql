{#
    The JSON string at a path of a record, null where there is none. For a record whose shape
    nothing declares; base models read what json_parse() read.

    @arg record  an expression: the text of the record, JSON or null
    @arg names   list of property names from the record down
#}
{% macro record_string(record, names) %}
    {%- set at = json_pointer(names) -%}
    {%- if target.type == 'duckdb' -%}
        case when json_type({{ record }}, {{ at }}) = 'VARCHAR' then json_extract_string({{ record }}, {{ at }}) end
    {%- elif target.type == 'bigquery' -%}
        if(json_type({{ record_json(record, names) }}) = 'string', json_value({{ record_json(record, names) }}), null)
    {%- else -%}
        {{ exceptions.raise_compiler_error('record_string is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}


{#
    The plain value at a path of a record, as text; null where there is none.

    @arg record  an expression: the text of the record, JSON or null
    @arg names   list of property names from the record down
#}
{% macro record_scalar(record, names) %}
    {%- if target.type == 'duckdb' -%}
        json_extract_string({{ record }}, {{ json_pointer(names) }})
    {%- elif target.type == 'bigquery' -%}
        json_value({{ record_json(record, names) }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('record_scalar is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}


{#
    A JSON pointer as a DuckDB string literal.

    @arg names  list of property names from the record down
#}
{% macro json_pointer(names) -%}
    '
    {%- for name in names -%}
        /{{ name.replace('~', '~0').replace('/', '~1').replace("'", "''") }}
    {%- endfor -%}
    '
{%- endmacro %}


{#
    What stands at a path of a record, as BigQuery's JSON; null where nothing does.

    @arg record  an expression: the text of the record, JSON or null
    @arg names   list of property names from the record down
#}
{% macro record_json(record, names) -%}
    safe.parse_json({{ record }}, wide_number_mode => 'round')
    {%- for name in names -%}
        [{{ string_literal(name) }}]
    {%- endfor -%}
{%- endmacro %}

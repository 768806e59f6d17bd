{#
    Whether the text of a CSV cell is a JSON value of one of these types.

    @arg text   an expression
    @arg types  JSON types, none of them string
#}
{% macro csv_cell_is(text, types) %}
    {%- if target.type == 'duckdb' -%}
        (
        {%- for type in types -%}
            {%- if type in ['integer', 'number'] -%}
                regexp_matches({{ text }}, '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$')
                and isfinite(try_cast({{ text }} as double))
            {%- elif type == 'boolean' -%}
                {{ text }} in ('true', 'false')
            {%- elif type == 'null' -%}
                {{ text }} = 'null'
            {%- else -%}
                json_valid({{ text }}) and json_type({{ text }}) = '{{ type | upper }}'
                and not regexp_matches({{ text }}, '(?i)[:,[]\s*-?(nan|inf)|,\s*[]}]')
            {%- endif -%}
            {{ ' or ' if not loop.last }}
        {%- endfor -%}
        )
    {%- elif target.type == 'bigquery' -%}
        (
        {%- for type in types -%}
            {%- if type in ['integer', 'number'] -%}
                regexp_contains({{ text }}, r'^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$')
                and abs(safe_cast({{ text }} as float64)) < cast('inf' as float64)
            {%- elif type == 'boolean' -%}
                {{ text }} in ('true', 'false')
            {%- elif type == 'null' -%}
                {{ text }} = 'null'
            {%- else -%}
                json_type(safe.parse_json({{ text }}, wide_number_mode => 'round')) = '{{ type }}'
                and not regexp_contains({{ text }}, r'(?i)[:,[]\s*-?(nan|inf)|,\s*[]}]')
            {%- endif -%}
            {{ ' or ' if not loop.last }}
        {%- endfor -%}
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('csv_cell_is is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

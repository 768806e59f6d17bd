{#
    A struct of columns; null where the object it stands for is absent.

    @arg present  an expression: whether the object is there
    @arg fields   dict: name of the struct's field -> expression
#}
{% macro assemble_struct(present, fields) %}
    {%- if target.type == 'duckdb' -%}
        case
            when {{ present }} then {
                {%- for name, value in fields.items() %}
                '{{ name }}': {{ value }}{{ ',' if not loop.last }}
                {%- endfor %}
            }
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            {{ present }},
            struct(
                {%- for name, value in fields.items() %}
                {{ value }} as `{{ name }}`{{ ',' if not loop.last }}
                {%- endfor %}
            ),
            null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('assemble_struct is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

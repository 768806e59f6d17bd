{#
    How many different values a list of plain JSON values holds: 1 and 1.0 are one.

    @arg list  an expression: a list of JSON values
#}
{% macro different_items(list) %}
    {%- if target.type == 'duckdb' -%}
        list_unique(list_transform(
            {{ list }},
            lambda plain: case
                when {{ json_has_type('plain', ['number']) }} then cast({{ json_number('plain') }} + 0 as varchar)
                else json_type(plain) || {{ json_string('plain') }}
            end
        ))
    {%- elif target.type == 'bigquery' -%}
        (
            select count(distinct if(
                {{ json_has_type('plain', ['number']) }},
                cast({{ json_number('plain') }} + 0 as string),
                to_json_string(plain)
            ))
            from unnest({{ list }}) as plain
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('different_items is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The text that all JSON values equal to this one have: properties in one order, whole numbers
    without a fraction. The first part of each pattern takes texts whole, so that what looks like
    a number inside them stays.

    @arg value  an expression: a JSON value
#}
{% macro json_canonical(value) %}
    {%- set text, ends = '("(?:[^"\\\\]|\\\\.)*")', '(?:[],}]|$)' -%}
    {%- set zero = text ~ '|-(0(?:[.]0)?' ~ ends ~ ')' -%}
    {%- set whole = text ~ '|([0-9])[.]0(' ~ ends ~ ')' -%}
    {%- if target.type == 'duckdb' -%}
        regexp_replace(
            regexp_replace(
                {#- a variant keeps the properties of an object in the order of their names, but no bare null -#}
                cast(cast(cast(json_array({{ value }}) as variant) as json) as varchar),
                {{ string_literal(zero) }}, '\1\2', 'g'
            ),
            {{ string_literal(whole) }}, '\1\2\3', 'g'
        )
    {%- elif target.type == 'bigquery' -%}
        regexp_replace(
            regexp_replace(to_json_string({{ value }}), {{ string_literal(zero) }}, '\\1\\2'),
            {{ string_literal(whole) }},
            '\\1\\2\\3'
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_canonical is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

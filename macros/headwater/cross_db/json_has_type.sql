{#
    Whether a JSON value is of one of these types; null when there is no value. A whole
    number written with a fraction or exponent (1.0, 1e3) is an integer.

    @arg value  an expression: a JSON value
    @arg kinds  list of string, integer, number, boolean, object, array, null
#}
{% macro json_has_type(value, kinds) %}
    {%- if target.type == 'duckdb' -%}
        (
        {{- json_is('json_type(' ~ value ~ ')', kinds) -}}
        {%- if 'integer' in kinds and 'number' not in kinds %}
            or (json_type({{ value }}) = 'DOUBLE' and {{ json_number(value) }} % 1 = 0)
        {%- endif -%}
        )
    {%- elif target.type == 'bigquery' -%}
        (
        json_type({{ value }}) in ('{{ kinds | join("', '") }}')
        {%- if 'integer' in kinds and 'number' not in kinds %}
            or (json_type({{ value }}) = 'number' and trunc({{ json_number(value) }}) = {{ json_number(value) }})
        {%- endif -%}
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_has_type is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

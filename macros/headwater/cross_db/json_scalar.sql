{#
    A BigQuery JSON scalar as a value of its kind.

    @arg field  a JSON expression, known to be of that JSON type
    @arg kind   string, integer, number, boolean
#}
{% macro json_scalar(field, kind) %}
    {%- if kind == 'integer' -%}
        {{ integer_of('json_value(' ~ field ~ ')') }}
    {%- elif kind == 'number' -%}
        safe_cast(json_value({{ field }}) as float64)
    {%- elif kind == 'boolean' -%}
        safe_cast(json_value({{ field }}) as bool)
    {%- else -%}
        json_value({{ field }})
    {%- endif -%}
{%- endmacro %}

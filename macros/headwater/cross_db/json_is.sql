{#
    Whether a JSON type is one of these; null when the value is absent.

    @arg type   an expression: what json_type() gave
    @arg kinds  string, integer, number, boolean, object, array, null; one, or a list
#}
{% macro json_is(type, kinds) %}
    {%- if target.type == 'duckdb' -%}
        {%- set names = [] -%}
        {%- for kind in ([kinds] if kinds is string else kinds) -%}
            {%- do names.extend({
                'string': ['VARCHAR'],
                'integer': ['BIGINT', 'UBIGINT'],
                'number': ['BIGINT', 'UBIGINT', 'DOUBLE'],
                'boolean': ['BOOLEAN'],
                'object': ['OBJECT'],
                'array': ['ARRAY'],
                'null': ['NULL'],
            }[kind]) -%}
        {%- endfor -%}
        {%- if names | length == 1 -%}
            {{ type }} = '{{ names[0] }}'
        {%- else -%}
            {{ type }} in ('{{ names | join("', '") }}')
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if kinds is string -%}
            {{ type }} = '{{ kinds }}'
        {%- else -%}
            {{ type }} in ('{{ kinds | join("', '") }}')
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_is is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

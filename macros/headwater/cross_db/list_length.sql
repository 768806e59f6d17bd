{#
    How many items a list has.

    @arg list  an expression
#}
{% macro list_length(list) %}
    {%- if target.type == 'duckdb' -%}
        len({{ list }})
    {%- elif target.type == 'bigquery' -%}
        array_length({{ list }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('list_length is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A list of what becomes of each item of a list; empty when there is no list.

    @arg list   an expression
    @arg item   what the value calls an item
    @arg value  an expression
#}
{% macro mapped_list(list, item, value) %}
    {%- if target.type == 'duckdb' -%}
        coalesce(list_transform({{ list }}, lambda {{ item }}: {{ value }}), [])
    {%- elif target.type == 'bigquery' -%}
        array(
            select {{ value }}
            from unnest({{ list }}) as {{ item }} with offset as {{ item }}_position
            order by {{ item }}_position
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('mapped_list is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

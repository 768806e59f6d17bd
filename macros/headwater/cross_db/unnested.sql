{#
    A list as rows, to cross join with the row it belongs to.

    @arg list    a list expression
    @arg alias   the alias of the rows
    @arg column  the name of their only column
#}
{% macro unnested(list, alias, column) %}
    {%- if target.type == 'duckdb' -%}
        unnest({{ list }}) as {{ alias }} ({{ column }})
    {%- elif target.type == 'bigquery' -%}
        unnest(array(select as struct item as {{ column }} from unnest({{ list }}) as item)) as {{ alias }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('unnested is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

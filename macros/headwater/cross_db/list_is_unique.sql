{#
    Whether no item of a list is there twice.

    @arg list  an expression
    @arg kind  what its items are: string, integer, number, boolean
#}
{% macro list_is_unique(list, kind) %}
    {%- if target.type == 'duckdb' -%}
        len({{ list }}) = list_unique({{ list }})
    {%- elif target.type == 'bigquery' -%}
        {#- a float cannot be counted distinct; with 0 added, -0 is the text of 0 -#}
        array_length({{ list }}) = (
            select count(distinct {{ 'cast(item + 0 as string)' if kind == 'number' else 'item' }})
            from unnest({{ list }}) as item
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('list_is_unique is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

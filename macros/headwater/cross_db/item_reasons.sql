{#
    What is wrong with some item of a list: the texts among the body's that are not null for
    any of them, each once.

        {% call item_reasons('_items_lines', 'in_lines') %}
            case when in_lines.sku is null then 'lines.items.sku.required' end
        {% endcall %}

    @arg list  an expression
    @arg item  what the body calls an item
#}
{% macro item_reasons(list, item) %}
    {%- if target.type == 'duckdb' -%}
        list_distinct(flatten(list_transform(
            {{ list }},
            lambda {{ item }}: list_filter([{{ caller() }}], lambda reason: reason is not null)
        )))
    {%- elif target.type == 'bigquery' -%}
        array(
            select distinct reason
            from unnest({{ list }}) as {{ item }}, unnest([{{ caller() }}]) as reason
            where reason is not null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('item_reasons is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

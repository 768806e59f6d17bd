{#
    A query for the distinct values of several expressions together, as `value`, nulls left out.

    @arg relation     what to select from
    @arg expressions  list of expressions of one type
#}
{% macro distinct_values(relation, expressions) %}
    {%- if target.type == 'duckdb' -%}
        select distinct value
        from (
            select
            {%- if expressions | length == 1 %} {{ expressions[0] }}
            {%- else %} unnest([{{ expressions | join(', ') }}])
            {%- endif %} as value
            from {{ relation }}
        )
        where value is not null
    {%- elif target.type == 'bigquery' -%}
        select distinct value
        from {{ relation }}, unnest([{{ expressions | join(', ') }}]) as value
        where value is not null
    {%- else -%}
        {{ exceptions.raise_compiler_error('distinct_values is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

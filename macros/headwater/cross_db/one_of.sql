{#
    Whether a value is one of many: DuckDB answers a long `in` by a join, and a model of
    thirty by thirty joins.

    @arg value   an expression
    @arg values  list of texts or whole numbers
#}
{% macro one_of(value, values) %}
    {%- set literals = [] -%}
    {%- for each in values -%}
        {%- do literals.append(string_literal(each) if each is string else each) -%}
    {%- endfor -%}
    {%- if target.type == 'duckdb' -%}
        list_position([{{ literals | join(', ') }}], {{ value }}) > 0
    {%- elif target.type == 'bigquery' -%}
        {{ value }} in ({{ literals | join(', ') }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('one_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    Whether the slice of a row of raw is among those a query returns.

    @arg query  selects _load_id and _hour, neither null
    @arg hour   the row's delivery hour, an expression
#}
{% macro slice_in(query, hour=none) %}
    {%- set row_hour = hour or hour_of('received_at') -%}
    {%- if target.type == 'duckdb' -%}
        (_load_id, {{ row_hour }}) in ({{ query }})
    {%- elif target.type == 'bigquery' -%}
        struct(_load_id as _load_id, {{ row_hour }} as _hour) in (
            select as struct slices._load_id, slices._hour from ({{ query }}) as slices
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('slice_in is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

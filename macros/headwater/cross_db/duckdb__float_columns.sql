{#
    The columns of a model contract, `float` as double. dbt turns `float` into float64 for
    BigQuery, which has no other name for it; on DuckDB it would be the 32 bits of a real.

    @arg columns  model.columns
    @returns the same, by name
#}
{% macro duckdb__float_columns(columns) %}
    {% set found = {} %}
    {% for name, column in columns.items() %}
        {% set is_float = (column.data_type or '') | lower == 'float' %}
        {% do found.update({name: dict(column, data_type='double') if is_float else column}) %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}


{#
    dbt's own, of the columns that duckdb__float_columns() returns: what a contract's columns
    are, to compare with those of the model.

    @arg columns  model.columns
#}
{% macro duckdb__get_empty_schema_sql(columns) %}
    {{ return(dbt.default__get_empty_schema_sql(duckdb__float_columns(columns))) }}
{% endmacro %}


{# dbt's own, of the columns that duckdb__float_columns() returns: the head of a new table. #}
{% macro duckdb__get_table_columns_and_constraints() %}
    {%- set columns = adapter.render_raw_columns_constraints(
        raw_columns=duckdb__float_columns(model['columns'])
    ) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    ({{ (columns + constraints) | join(', ') }})
{% endmacro %}

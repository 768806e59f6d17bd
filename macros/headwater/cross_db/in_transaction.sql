{#
    Statements that must happen together or not at all. dbt has opened a transaction on
    DuckDB already; a BigQuery script opens its own.

    @arg statements  SQL, each statement closed by a semicolon
#}
{% macro in_transaction(statements) %}
    {%- if target.type == 'duckdb' -%}
        {{ statements }}
    {%- elif target.type == 'bigquery' -%}
        begin
            begin transaction;
            {{ statements }}
            commit transaction;
        exception when error then
            rollback transaction;
            raise;
        end;
    {%- else -%}
        {{ exceptions.raise_compiler_error('in_transaction is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

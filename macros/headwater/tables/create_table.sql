{#
    `create table if not exists`, for either engine.

    @arg engine   duckdb | bigquery
    @arg table    the quoted name of the table
    @arg columns  list of (column, type) as in table_columns()
    @arg hourly   partition by hour of received_at, cluster by file (BigQuery; DuckDB has neither)
#}
{% macro create_table(engine, table, columns, hourly=false) %}
    {%- set types = {
        'duckdb': {
            'string': 'varchar', 'bytes': 'blob', 'int': 'bigint', 'bool': 'boolean',
            'timestamp': 'timestamp', 'date': 'date', 'float': 'double',
            'text': 'varchar using compression zstd',
        },
        'bigquery': {
            'string': 'string', 'bytes': 'bytes', 'int': 'int64', 'bool': 'bool',
            'timestamp': 'timestamp', 'date': 'date', 'float': 'float64', 'text': 'string',
        },
    }[engine] -%}
    create table if not exists {{ table }} (
        {%- for column, type in columns %}
        {#- whole records: zstd takes half the time of DuckDB's own choice, and half the room #}
        {{ column }} {{ types[type] }}
        {{- ' using compression zstd' if engine == 'duckdb' and column == 'record' }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- if hourly and engine == 'bigquery' %}
    partition by timestamp_trunc(received_at, hour)
    cluster by _file_id
    {%- endif %}
{%- endmacro %}

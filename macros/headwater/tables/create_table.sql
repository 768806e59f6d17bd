{#
    `create table if not exists`, for either engine.

    @arg engine   duckdb | bigquery
    @arg table    the quoted name of the table
    @arg columns  list of (column, type) as in table_columns()
    @arg hourly   partition by hour of received_at, cluster by file (BigQuery; DuckDB has neither)
#}
{% macro create_table(engine, table, columns, hourly=false) %}
    create table if not exists {{ table }} (
        {%- for column, type in columns %}
        {#- whole records: zstd takes half the time of DuckDB's own choice, and half the room #}
        {{ column }} {{ column_type(engine, type) }}
        {{- ' using compression zstd' if engine == 'duckdb' and column == 'record' }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- if hourly and engine == 'bigquery' %}
    partition by timestamp_trunc(received_at, hour)
    cluster by _file_id
    {%- endif %}
{%- endmacro %}


{#
    Statements that give a table the columns it lacks, for either engine; nothing when it
    lacks none.

    @arg engine   duckdb | bigquery
    @arg table    the quoted name of the table
    @arg columns  list of (column, type) as in table_columns()
    @arg known    the names of the columns it has
#}
{% macro add_columns(engine, table, columns, known) %}
    {%- for column, type in columns if column not in known %}
    alter table {{ table }} add column {{ column }} {{ column_type(engine, type) }};
    {%- endfor %}
{%- endmacro %}


{#
    What an engine calls one of the portable types.

    @arg engine  duckdb | bigquery
    @arg type    as in table_columns()
#}
{% macro column_type(engine, type) %}
    {{- {
        'duckdb': {
            'string': 'varchar', 'bytes': 'blob', 'int': 'bigint', 'bool': 'boolean',
            'timestamp': 'timestamp', 'date': 'date', 'float': 'double',
            'text': 'varchar using compression zstd',
        },
        'bigquery': {
            'string': 'string', 'bytes': 'bytes', 'int': 'int64', 'bool': 'bool',
            'timestamp': 'timestamp', 'date': 'date', 'float': 'float64', 'text': 'string',
        },
    }[engine][type] -}}
{% endmacro %}

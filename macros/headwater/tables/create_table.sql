{#
    `create table if not exists`, for either engine. On BigQuery tables of raw are partitioned by
    the hour of received_at and clustered by file, and no query may read all of one without saying
    so (any_hour).

    @arg engine   duckdb | bigquery
    @arg table    the quoted name of the table
    @arg columns  list of (column, type) as in table_columns()
    @arg name     schema.table, as in table_columns(), or raw.<event>
#}
{% macro create_table(engine, table, columns, name) %}
    create table if not exists {{ table }} (
        {%- for column, type in columns %}
        {#- whole records: zstd takes half the time of DuckDB's own choice, and half the room #}
        {{ column }} {{ column_type(engine, type) }}
        {{- ' using compression zstd' if engine == 'duckdb' and column == 'record' }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- if engine == 'bigquery' %}
    {%- set is_raw = name.startswith('raw.') %}
    {%- if is_raw %}
    partition by timestamp_trunc(received_at, hour)
    cluster by _file_id
    {%- endif %}
    options (
        {%- if is_raw %}
        require_partition_filter = true,
        {%- endif %}
        description = '{{ about_table(name) }}',
        labels = [('headwater', '{{ name.split('.')[0] }}')]
    )
    {%- endif %}
{%- endmacro %}


{#
    What one of Headwater's own tables holds, or raw.<event>, in a sentence: the description that
    people see in BigQuery.

    @arg name  schema.table
#}
{% macro about_table(name) %}
    {{- {
        'raw.unparsed': 'Every delivered record that no event type could read: its bytes, and why.',
        'raw.undeclared': 'Every delivered record of a type that no event contract declares.',
        'keys.identifiers': 'The pseudonym of every identifier. Restricted.',
    }.get(
        name,
        'Every delivered ' ~ name.split('.')[1] ~ ' record, as delivered. Identifiers are in the clear.'
            if name.startswith('raw.') else 'Books of Headwater.'
    ) -}}
{% endmacro %}


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

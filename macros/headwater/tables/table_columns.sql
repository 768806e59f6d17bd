{#
    The tables that Headwater itself keeps, column by column, in portable types.
    The Python that loads and plans renders this same macro, so the two cannot differ.

    raw.undeclared holds whole records of types that no contract declares: `event_type` as the
    record says it (or the folder), `shown_as` what messages may call it, `received_at` the
    file's time of arrival, `loaded_at` when it was loaded. ops.routed counts, per file whose
    records were routed, the rows of each type; those not declared wait. ops.routing says under
    which contracts raw.undeclared was routed last.

    ops.changed_dates says which dates of a logged model changed, under sequence numbers of its own;
    null: all of them. ops.changed_parts says of those of which only some parts changed
    (meta.restate_by) which.

    ops.expired says what retention has deleted: `what` is raw, staging, unparsed, undeclared or
    keys (which have no hour; of undeclared no event type is named). `is_compacted`: their bytes
    are gone, too.

    ops.backfills has a row per backfill: `first_at` and `last_at` (included) as asked for, null where
    it is of all of the history; `code` and `since` say what it was begun with, and so whether it
    can go on; `status` is running, swapped (all is in place; what is built from it may not be),
    done, or abandoned. ops.backfill_batches are its batches, of hours or dates; `finished_at` is
    null for those to do, a bound null where there is none.

    @returns dict: schema.table -> list of (column, type); type is one of
             string, text (long strings, compressed hard), bytes, int, bool, timestamp,
             date, float
#}
{% macro table_columns() %}
    {% do return({
        'raw.unparsed': [
            ('event_type', 'string'), ('received_at', 'timestamp'), ('bytes', 'bytes'),
            ('reason', 'string'), ('_format', 'string'), ('_file', 'string'),
            ('_file_id', 'int'), ('_line', 'int'), ('_load_id', 'int'),
        ],
        'raw.undeclared': [
            ('event_type', 'string'), ('shown_as', 'string'), ('received_at', 'timestamp'),
            ('record', 'text'), ('_format', 'string'), ('_file', 'string'), ('_file_id', 'int'),
            ('_line', 'int'), ('_load_id', 'int'), ('loaded_at', 'timestamp'),
        ],
        'ops.files': [
            ('file_hash', 'string'), ('file_id', 'int'), ('event_type', 'string'),
            ('path', 'string'), ('size_bytes', 'int'), ('modified_ns', 'int'),
            ('format', 'string'), ('status', 'string'), ('reason', 'string'),
            ('duplicate_of', 'string'), ('records', 'int'), ('loaded', 'int'),
            ('unparsed', 'int'), ('expected_records', 'int'), ('load_id', 'int'),
            ('loaded_at', 'timestamp'), ('hour', 'timestamp'),
        ],
        'ops.routed': [
            ('event_type', 'string'), ('is_declared', 'bool'), ('path', 'string'),
            ('file_id', 'int'), ('row_count', 'int'), ('load_id', 'int'),
            ('loaded_at', 'timestamp'),
        ],
        'ops.routing': [('routing', 'string'), ('routed_at', 'timestamp')],
        'ops.expired': [
            ('what', 'string'), ('event_type', 'string'), ('hour', 'timestamp'),
            ('row_count', 'int'), ('expired_at', 'timestamp'), ('run_id', 'string'),
            ('is_compacted', 'bool'),
        ],
        'ops.hours': [
            ('event_type', 'string'), ('hour', 'timestamp'), ('row_count', 'int'),
            ('invalid', 'int'), ('duplicates', 'int'),
            ('first_received_at', 'timestamp'), ('last_received_at', 'timestamp'),
            ('last_load_id', 'int'), ('counted_at', 'timestamp'),
            ('files', 'int'), ('unparsed', 'int'), ('expected', 'int'), ('missing', 'int'),
            ('closed_at', 'timestamp'), ('revisions', 'int'),
        ],
        'ops.revisions': [
            ('event_type', 'string'), ('hour', 'timestamp'), ('revision', 'int'),
            ('reason', 'string'), ('rows_added', 'int'), ('rows_replaced', 'int'),
            ('copies_settled', 'int'), ('load_id', 'int'), ('run_id', 'string'),
            ('closed_at', 'timestamp'), ('revised_at', 'timestamp'),
        ],
        'ops.restated': [
            ('event_type', 'string'), ('hour', 'timestamp'), ('revision', 'int'),
            ('model', 'string'), ('seq', 'int'), ('restated_date', 'date'),
        ],
        'ops.violations': [
            ('event_type', 'string'), ('hour', 'timestamp'), ('violation', 'string'),
            ('row_count', 'int'),
        ],
        'ops.changed_dates': [
            ('model', 'string'), ('changed_date', 'date'), ('seq', 'int'),
        ],
        'ops.changed_parts': [
            ('model', 'string'), ('changed_date', 'date'), ('part', 'string'), ('seq', 'int'),
        ],
        'ops.built': [
            ('model', 'string'), ('upstream', 'string'), ('seq', 'int'),
            ('code', 'string'), ('built_at', 'timestamp'),
        ],
        'ops.checked': [
            ('model', 'string'), ('seq', 'int'), ('suite', 'string'),
            ('is_passed', 'bool'), ('checked_at', 'timestamp'),
        ],
        'ops.published': [
            ('model', 'string'), ('seq', 'int'), ('published_at', 'timestamp'),
        ],
        'ops.check_results': [
            ('run_id', 'string'), ('model', 'string'), ('check_name', 'string'),
            ('tool', 'string'), ('column_name', 'string'), ('severity', 'string'),
            ('is_passed', 'bool'), ('observed', 'string'), ('unexpected_count', 'int'),
            ('owner', 'string'), ('channel', 'string'), ('checked_at', 'timestamp'),
        ],
        'ops.runs': [
            ('run_id', 'string'), ('job', 'string'), ('trigger', 'string'),
            ('target', 'string'), ('versions', 'string'), ('started_at', 'timestamp'),
            ('finished_at', 'timestamp'), ('status', 'string'), ('exit_code', 'int'),
            ('loaded', 'int'), ('unparsed', 'int'), ('built', 'int'), ('failed', 'int'),
            ('published', 'int'), ('message', 'string'),
        ],
        'ops.backfills': [
            ('backfill_id', 'string'), ('model', 'string'), ('first_at', 'timestamp'),
            ('last_at', 'timestamp'), ('is_all', 'bool'), ('code', 'string'), ('since', 'string'),
            ('status', 'string'), ('run_id', 'string'), ('started_at', 'timestamp'),
            ('finished_at', 'timestamp'),
        ],
        'ops.backfill_batches': [
            ('backfill_id', 'string'), ('batch', 'int'), ('first_at', 'timestamp'),
            ('last_at', 'timestamp'), ('with_null', 'bool'), ('row_count', 'int'),
            ('finished_at', 'timestamp'),
        ],
        'ops.run_nodes': [
            ('run_id', 'string'), ('node', 'string'), ('status', 'string'),
            ('seconds', 'float'), ('row_count', 'int'), ('byte_count', 'int'),
            ('message', 'string'),
        ],
        'keys.identifiers': [('value', 'string'), ('pseudonym', 'string')],
    }) %}
{% endmacro %}


{#
    Those of Headwater's own tables that gained columns since they were first made. In a
    warehouse that is older, ensure_tables adds them, at their end; they are null there.

    @returns list of schema.table
#}
{% macro widened_tables() %}
    {% do return(['ops.files', 'ops.hours']) %}
{% endmacro %}


{#
    The columns of raw.<event>, one row per delivered record, as delivered.

    received_at     UTC; from the record, else the file's, see _received_from
    record          the text of the record, framing removed
    _format         ndjson | json | csv | parquet
    _file           path below the landing folder
    _file_id        the first 63 bits of the SHA-256 of the file's bytes (in landing/_mixed, of
                    that hash and `_mixed`: the same bytes may be in an event's folder, too)
    _line           the line that the record begins on; in an array of JSON and in Parquet
                    its number; counting from 1
    _load_id        the load that brought it, counting from 1
    _received_from  record | file (the contract maps no received_at) |
                    fallback (it maps one, which was missing, invalid or ahead)
#}
{% macro raw_columns() %}
    {% do return([
        ('received_at', 'timestamp'), ('record', 'text'), ('_format', 'string'),
        ('_file', 'string'), ('_file_id', 'int'), ('_line', 'int'), ('_load_id', 'int'),
        ('_received_from', 'string'),
    ]) %}
{% endmacro %}

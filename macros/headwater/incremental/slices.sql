{#
    The incremental strategy of base models. The new rows are those of slices that base
    lacks under the current contract hash: they replace the same slices of another hash
    and leave everything else, then the copies elsewhere whose answer they alter are
    settled, the hours counted, the dates and revisions logged, all in one transaction. Under
    another contract hash, unless it differs by optional fields only, every copy is settled:
    its look-back may be another. Where older copies have expired, a duplicate stays one.
    Otherwise what is read and changed lies within the hours of the new rows, and as far from
    them as the look-back: literals say so, for the engines to prune by.

    @arg arg_dict  what dbt gives to every strategy: relations and columns
#}
{% macro get_incremental_slices_sql(arg_dict) %}
    {% do return(
        retype_columns(arg_dict.target_relation, arg_dict.temp_relation)
        ~ slices_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns)
    ) %}
{% endmacro %}


{#
    What the strategy `slices` runs, on either engine.

    @arg base     the base relation
    @arg new      the relation of new rows; it is there
    @arg columns  the columns of base
#}
{% macro slices_sql(base, new, columns) %}
    {%- set names = columns | map(attribute='quoted') | join(', ') -%}
    {%- set meta = model.config.meta -%}
    {%- set replaced = model.name ~ '__replaced' -%}
    {%- set flags = model.name ~ '__flags' -%}
    {%- set hours = model.name ~ '__hours' -%}
    {%- set new_slices = 'select distinct _load_id, _hour from ' ~ new -%}
    {#- of the same hash, too, when a backfill asks for them -#}
    {%- set is_other = '' if backfill_step() else "_contract_hash <> '" ~ meta.contract_hash ~ "' and " -%}
    {%- set span = span_of('select _hour from ' ~ new) -%}
    {%- set is_new = received_within(span) ~ ' and ' ~ slice_in(new_slices, '_hour') -%}
    {%- set is_stale = is_other ~ is_new -%}
    {%- set expired = expired_until(meta.event_type) -%}
    {%- set is_built = is_marked() -%}
    {%- set is_same = is_marked([code_of_model()] + (meta.compatible | default({})).keys() | list) -%}
    {%- set lookback = meta.dedup_lookback_seconds -%}
    {%- set by = meta.restate_by -%}
    {%- set settled = span_widened(span, 0, lookback) -%}
    {%- set touched -%}
        {%- if is_same -%}
            select event_id from {{ new }} where is_valid
            union distinct
            select event_id from {{ replaced }} where is_valid
        {%- else -%}
            {{ repeated_event_ids(base) }}
        {%- endif -%}
    {%- endset -%}
    create or replace temp table {{ replaced }} as
    select
        event_id,
        is_valid,
        is_first_valid_copy,
        _hour,
        cast(occurred_at as date) as changed_date,
        received_at,
        _file_id,
        _line
        {%- if by %},
        {{ part_of(by) }} as part
        {%- endif %}
    from {{ base }}
    where {{ is_stale }};
    {% set statements %}
    delete from {{ base }} where {{ is_stale }};
    insert into {{ base }} ({{ names }}) select {{ names }} from {{ new }};
    {%- if expired is not none %}
    update {{ base }} as base
    set is_first_valid_copy = false
    from {{ replaced }} as old
    where
        base._file_id = old._file_id
        and base._line = old._line
        and {{ received_within(span, 'base') }}
        and old.is_valid
        and not old.is_first_valid_copy
        and not {{ is_out_of_shadow('old.received_at', expired, lookback) }};
    {%- endif %}
    create or replace temp table {{ flags }} as
    {{ settled_flags(base, touched, lookback, expired, settled if is_same else 'all', by) }};
    update {{ base }} as base
    set is_first_valid_copy = flags.is_first
    from {{ flags }} as flags
    where
        base._file_id = flags._file_id
        and base._line = flags._line
        {%- if is_same %}
        and {{ received_within(settled, 'base') }}
        {%- endif %};
    {{ log_revisions(base, new, replaced, flags, span) if is_built }}
    {%- if by and is_built %}
    {%- set changed %}
        select changed_date, part from {{ replaced }} where is_first_valid_copy
        union all
        select cast(occurred_at as date), {{ part_of(by) }} from {{ base }}
        where is_first_valid_copy and {{ is_new }}
        union all
        select changed_date, part from {{ flags }}
    {%- endset %}
    {{ log_changed_parts(changed) }}
    {%- endif %}
    insert into {{ headwater_relation('ops.changed_dates') }} (model, changed_date, seq)
    select '{{ model.name }}', changed.changed_date, {{ next_seq() }}
    from (
        {%- if is_built %}
        select changed_date from {{ replaced }} where is_first_valid_copy
        union distinct
        select cast(occurred_at as date) from {{ base }}
        where is_first_valid_copy and {{ is_new }}
        union distinct
        select changed_date from {{ flags }} where not {{ slice_in(new_slices, '_hour') }}
        {%- else %}
        select cast(null as date) as changed_date
        {%- endif %}
    ) as changed;
    {%- set counted = 'all' %}
    {%- if is_built %}
    {%- if is_same %}
        {%- set counted = span_of_both(settled, span_of(hours_without_rows(meta.event_type))) %}
    {%- endif %}
    create or replace temp table {{ hours }} as
    select _hour from {{ new }}
    union distinct
    select _hour from {{ flags }}
    union distinct
    {{ hours_without_rows(meta.event_type) }};
    {%- endif %}
    {{ count_hours(base, 'select _hour from ' ~ hours if is_built else none, counted) }}
    {% endset %}
    {{ in_transaction(statements) }}
{% endmacro %}

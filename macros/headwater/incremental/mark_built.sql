{#
    The post-hook of every model and seed: says in ops what changed and what it was built
    from, in the model's own transaction (BigQuery: after the data, so that a kill in
    between only makes the next run do the same again).
#}
{% macro mark_built() %}
    {%- if not execute or var('headwater_offline', false) -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set is_base = model.config.meta.contract_hash is defined -%}
    {%- if backfill_is('batch') and not is_base and is_incremental() -%}
        {#- its rows are aside: nothing that anybody reads has changed -#}
        {{ return(finish_backfill_step(backfill_step())) }}
    {%- endif -%}
    {%- set code = code_as_built() -%}
    {%- set upstreams = {} if is_base else logged_upstreams() -%}
    {%- if is_base and not is_incremental() %}
        {#- DuckDB writes a table anew when a transaction updates rows it has just inserted. So
            the rows go first: killed in between, base is not marked as built, and the next
            build settles every copy. -#}
        {%- do run_query(
            'delete from ' ~ headwater_relation('ops.built') ~ " where model = '" ~ model.name ~ "'"
        ) -%}
        {%- do commit_now() -%}
        {{ settle_first_build() }}
    {%- elif is_logged(model) and not is_base %}
        {%- set restated = restated_dates() if model.config.materialized == 'incremental' else none -%}
        {%- set restated = with_backfilled(restated) -%}
        {{ pass_on_revisions(upstreams, restated) }}
        {{ log_changed_dates(code, restated) }}
    {%- endif %}
    delete from {{ headwater_relation('ops.built') }} where model = '{{ key_of(model) }}';
    insert into {{ headwater_relation('ops.built') }} (model, upstream, seq, code, built_at)
    select '{{ key_of(model) }}', '', 0, '{{ code }}', {{ utc_now() }}
    {%- for upstream in upstreams %}
    union all
    select '{{ key_of(model) }}', '{{ upstream }}', coalesce(max(seq), 0), '{{ code }}', {{ utc_now() }}
    from {{ headwater_relation('ops.changed_dates') }}
    where model = '{{ upstream }}'
    {%- endfor %};
    {{ finish_backfill_step(backfill_step() if is_incremental() else none) }}
{% endmacro %}


{# A strategy is never called on the first build of a base model, so its hook settles, in a
   transaction of its own with the marks. #}
{% macro settle_first_build() %}
    {%- set flags = model.name ~ '__flags' %}
    create or replace temp table {{ flags }} as
    {{ settled_flags(this, repeated_event_ids(this), model.config.meta.dedup_lookback_seconds) }};
    update {{ this }} as base
    set is_first_valid_copy = flags.is_first
    from {{ flags }} as flags
    where base._file_id = flags._file_id and base._line = flags._line;
    {{ count_hours(this) }}
    insert into {{ headwater_relation('ops.changed_dates') }} (model, changed_date, seq)
    select '{{ key_of(model) }}', cast(null as date), {{ next_seq() }};
{% endmacro %}


{#
    Logs the dates just restated; a null one when all were. Where all from one date on
    were, the strategy `dates` has logged them. A seed that holds what it held logs nothing,
    since a bare `dbt build` loads it every time.

    @arg code      code_as_built()
    @arg restated  restated_dates(); none: all of them
#}
{% macro log_changed_dates(code, restated) %}
    {%- set log = headwater_relation('ops.changed_dates') -%}
    {%- if restated is none or (restated.since is not none and not is_by_dates(model)) %}
    insert into {{ log }} (model, changed_date, seq)
    select '{{ key_of(model) }}', cast(null as date), {{ next_seq() }}
        {%- if model.resource_type == 'seed' %}
    from (select 1 as one) as once
    where not exists (
        select 1 from {{ headwater_relation('ops.built') }}
        where model = '{{ key_of(model) }}' and code = '{{ code }}'
    )
        {%- endif %};
    {%- elif restated.days and restated.since is none %}
    {{ log_restated_parts(restated) }}
    insert into {{ log }} (model, changed_date, seq)
    select '{{ key_of(model) }}', changed.changed_date, {{ next_seq() }}
    from (
        {%- for day in restated.days %}
        select date '{{ day.isoformat() }}' as changed_date{{ ' union all' if not loop.last }}
        {%- endfor %}
    ) as changed;
    {%- endif %}
{% endmacro %}


{#
    Logs which parts of the dates just restated were, where not the whole date.

    @arg restated  restated_dates(), not none
#}
{% macro log_restated_parts(restated) %}
    {%- set queries = [] -%}
    {%- for day in restated.days if restated.parts.get(day.isoformat()) -%}
        {%- set few = "['" ~ restated.parts[day.isoformat()] | join("', '") ~ "']" -%}
        {%- do queries.append(
            "select date '" ~ day.isoformat() ~ "' as changed_date, few.part from " ~ unnested(few, 'few', 'part')
        ) -%}
    {%- endfor -%}
    {{ log_changed_parts(queries | join(' union all ')) if queries }}
{% endmacro %}

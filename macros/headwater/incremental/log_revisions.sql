{#
    Logs in ops.revisions which closed hours a build of a base model changes, and in
    ops.restated the dates that those changes are about. To run before the hours are
    counted. An hour after the last counted one, and not counted itself, is not revised but
    new, though the job came late: nobody has seen it without these rows.

    @arg base      the base relation, with the new rows in it
    @arg new       the relation of new rows
    @arg replaced  the relation of the rows they replace
    @arg flags     what settled_flags() returned
    @arg span      span_of() the new rows
#}
{% macro log_revisions(base, new, replaced, flags, span) %}
    {%- set closes_after = seconds_to_close() -%}
    {%- if closes_after is not none -%}
    {%- set event_type = model.config.meta.event_type -%}
    {%- set revised = model.name ~ '__revised' -%}
    {%- set is_new = slice_in('select distinct _load_id, _hour from ' ~ new, '_hour') -%}
    create or replace temp table {{ revised }} as
    select
        changed._hour,
        sum(changed.arrived) as arrived,
        sum(changed.replaced) as replaced,
        sum(changed.settled) as settled,
        max(changed.load_id) as load_id
    from (
        select
            _hour, count(*) as arrived, 0 as replaced, 0 as settled, max(_load_id) as load_id
        from {{ new }}
        group by _hour
        union all
        select _hour, 0, count(*), 0, null from {{ replaced }} group by _hour
        union all
        select _hour, 0, 0, count(*), null from {{ flags }} where not {{ is_new }} group by _hour
    ) as changed
    where
        {{ add_seconds('changed._hour', closes_after) }} <= {{ utc_now() }}
        and changed._hour <= (
            select max(counted.hour)
            from {{ headwater_relation('ops.hours') }} as counted
            where counted.event_type = '{{ event_type }}'
        )
    group by changed._hour;
    insert into {{ headwater_relation('ops.revisions') }} (
        event_type, hour, revision, reason, rows_added, rows_replaced, copies_settled,
        load_id, run_id, closed_at, revised_at
    )
    select
        '{{ event_type }}',
        _hour,
        (
            select coalesce(max(known.revision), 0) + 1
            from {{ headwater_relation('ops.revisions') }} as known
            where known.event_type = '{{ event_type }}'
        ),
        case
            when replaced > 0 then '{{ 'backfill' if backfill_step() else 'event contract' }}'
            when arrived > 0 then 'late records'
            else 'earlier copy'
        end,
        greatest(arrived - replaced, 0),
        replaced,
        settled,
        load_id,
        '{{ env_var("HEADWATER_RUN_ID", "") }}',
        {{ add_seconds('_hour', closes_after) }},
        {{ utc_now() }}
    from {{ revised }};
    insert into {{ headwater_relation('ops.restated') }} (
        event_type, hour, revision, model, seq, restated_date
    )
    select distinct
        '{{ event_type }}',
        changed._hour,
        (
            select max(known.revision)
            from {{ headwater_relation('ops.revisions') }} as known
            where known.event_type = '{{ event_type }}'
        ),
        '{{ model.name }}',
        {{ next_seq() }},
        changed.changed_date
    from (
        select _hour, changed_date from {{ replaced }} where is_first_valid_copy
        union all
        select _hour, cast(occurred_at as date) from {{ base }}
        where is_first_valid_copy and {{ received_within(span) }} and {{ is_new }}
        union all
        select _hour, changed_date from {{ flags }} where not {{ is_new }}
    ) as changed
    inner join {{ revised }} as revised
        on changed._hour = revised._hour;
    {%- endif -%}
{% endmacro %}


{#
    Logs which of the dates that a model restates it restates because closed hours changed.
    To run in its own transaction, before what it logs in ops.changed_dates and ops.built;
    only where all dates from one on are restated, the strategy `dates` has logged them before.

    @arg upstreams  logged_upstreams()
    @arg restated   restated_dates(); none: all of them
#}
{% macro pass_on_revisions(upstreams, restated) %}
    {%- if upstreams and (restated is none or restated.days or restated.since is not none) %}
    {%- set log = headwater_relation('ops.changed_dates') %}
    {%- set logged = '(select max(seq) from ' ~ log ~ " where model = '" ~ key_of(model) ~ "')" %}
    {%- set is_logged = restated is not none and restated.since is not none and is_by_dates(model) %}
    {%- set seq = logged if is_logged else next_seq() %}
    insert into {{ headwater_relation('ops.restated') }} (
        event_type, hour, revision, model, seq, restated_date
    )
    select distinct
        passed.event_type,
        passed.hour,
        passed.revision,
        '{{ key_of(model) }}',
        {{ seq }},
        passed.restated_date
    from (
        {%- for upstream, window in upstreams.items() %}
        {%- set is_open = restated is not none and window.before == 'all' %}
        {%- set first = 'above.restated_date' if not window.after else
            "greatest(above.restated_date, date '0001-01-01' + " ~ window.after ~ ') - ' ~ window.after %}
        select
            above.event_type,
            above.hour,
            above.revision,
            {% if restated is none -%}
                cast(null as date) as restated_date
            {%- elif is_open -%}
                mine.changed_date as restated_date
            {%- elif model.config.meta.period -%}
                {{ month_of('above.restated_date + shifts.days') }} as restated_date
            {%- else -%}
                above.restated_date + shifts.days as restated_date
            {%- endif %}
        from {{ headwater_relation('ops.restated') }} as above
        inner join {{ headwater_relation('ops.built') }} as built
            on above.model = built.upstream and above.seq > built.seq
        {%- if is_open %}
        {#- the strategy has logged what there is from that date on #}
        inner join {{ log }} as mine
            on mine.changed_date >= {{ month_of(first) if model.config.meta.period else first }}
        {%- elif restated is not none %}
        cross join (
            {%- for days in range(-window.after, window.before + 1) %}
            select {{ days }} as days{{ ' union all' if not loop.last }}
            {%- endfor %}
        ) as shifts
        {%- endif %}
        where
            above.model = '{{ upstream }}'
            and built.model = '{{ key_of(model) }}'
            {%- if is_open %}
            and mine.model = '{{ key_of(model) }}'
            and mine.seq = {{ logged }}
            {%- elif restated is not none and window.after %}
            {#- no day comes before the first of the calendar #}
            and above.restated_date >= date '0001-01-01' + greatest(-shifts.days, 0)
            {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as passed
        {%- if restated is not none %}
    where {{ within_dates('passed.restated_date', restated) }}
        {%- endif %};
    {%- endif %}
{% endmacro %}


{#
    How long after its beginning an hour of this base model's event type closes: what the
    freshness of its source says, which follows from the tier.

    @returns seconds, or none when the source has no freshness
#}
{% macro seconds_to_close() %}
    {% for unique_id in model.depends_on.nodes if unique_id in graph.sources %}
        {% set after = (graph.sources[unique_id].freshness or {}).get('error_after') or {} %}
        {% if after.get('count') %}
            {% do return(after.count * {'minute': 60, 'hour': 3600, 'day': 86400}[after.period]) %}
        {% endif %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}

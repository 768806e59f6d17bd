{#
    Counts the delivery hours of a base model anew: rows, files and what manifests promised
    in ops.hours, the reasons of quarantined rows in ops.violations.

    A file may hold records of several hours, and its manifest counts the file. So each
    record that came counts as promised in its own hour, if its file has a manifest, and
    what did not come is missing in the hour that the file is of (ops.files.hour): of files
    set aside, all of it. Over all hours `expected` is what the manifests say. Files of many
    event types promise no event type anything.

    @arg base   the base relation
    @arg hours  a query for the hours to count, column _hour; none: all of them
    @arg span   as span_of() returns it, around those hours; `all`: they may be any
#}
{% macro count_hours(base, hours=none, span='all') %}
    {%- set event_type = model.config.meta.event_type -%}
    {%- set closes_after = seconds_to_close() -%}
    delete from {{ headwater_relation('ops.hours') }}
    where event_type = '{{ event_type }}'
        {%- if hours %}
        and hour in ({{ hours }})
        {%- endif %};
    insert into {{ headwater_relation('ops.hours') }} (
        event_type, hour, row_count, invalid, duplicates,
        first_received_at, last_received_at, last_load_id, counted_at,
        files, unparsed, expected, missing, closed_at, revisions
    )
    select
        '{{ event_type }}',
        counted._hour,
        sum(counted.row_count),
        sum(counted.invalid),
        sum(counted.duplicates),
        min(counted.first_received_at),
        max(counted.last_received_at),
        max(counted.last_load_id),
        {{ utc_now() }},
        count(distinct counted._file_id),
        sum(counted.unparsed),
        case
            when countif(promised.file_id is not null or counted.is_promise) > 0
                then sum(
                    counted.shortfall
                    + case
                        when promised.file_id is not null
                            then counted.row_count + counted.unparsed
                        else 0
                    end
                )
        end,
        case
            when countif(promised.file_id is not null or counted.is_promise) > 0
                then sum(counted.missing)
        end,
        {% if closes_after is none -%}
            cast(null as timestamp)
        {%- else -%}
            {{ add_seconds('counted._hour', closes_after) }}
        {%- endif %},
        coalesce(max(revised.revisions), 0)
    from (
        {{ counted_parts(base, event_type, hours, span) }}
    ) as counted
    left join (
        select distinct file_id
        from {{ headwater_relation('ops.files') }}
        where event_type = '{{ event_type }}' and status = 'loaded' and expected_records is not null
    ) as promised
        on counted._file_id = promised.file_id
    left join (
        select hour, count(*) as revisions
        from {{ headwater_relation('ops.revisions') }}
        where event_type = '{{ event_type }}'
        group by hour
    ) as revised
        on counted._hour = revised.hour
    group by counted._hour;
    delete from {{ headwater_relation('ops.violations') }}
    where event_type = '{{ event_type }}'
        {%- if hours %}
        and hour in ({{ hours }})
        {%- endif %};
    insert into {{ headwater_relation('ops.violations') }} (event_type, hour, violation, row_count)
    select '{{ event_type }}', invalid._hour, reasons.violation, count(*)
    from (
        {#- by itself: DuckDB would unnest the lists of all rows, and choose then #}
        select _hour, violations from {{ base }}
        where not is_valid
            {%- if hours %}
            and _hour in ({{ hours }})
            {%- endif %}
            {%- if span != 'all' %}
            and {{ received_within(span) }}
            {%- endif %}
    ) as invalid
    cross join {{ unnested('invalid.violations', 'reasons', 'violation') }}
    group by invalid._hour, reasons.violation;
{% endmacro %}


{#
    A query for what an hour consists of: a row per hour and file of rows, of unparsed
    records, and one for the promises broken in it.

    @arg base, hours, span  as above
    @arg event_type         whose
#}
{% macro counted_parts(base, event_type, hours, span) %}
    select
        _hour,
        _file_id,
        count(*) as row_count,
        countif(not is_valid) as invalid,
        countif(is_valid and not is_first_valid_copy) as duplicates,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(_load_id) as last_load_id,
        0 as unparsed,
        false as is_promise,
        0 as shortfall,
        0 as missing
    from {{ base }}
    where
        {{ any_hour() if span == 'all' else received_within(span) }}
        {%- if hours %}
        and _hour in ({{ hours }})
        {%- endif %}
    group by _hour, _file_id
    union all
    select
        unparsed._hour, unparsed._file_id, 0, 0, 0, null, null, null, count(*), false, 0, 0
    from (
        select {{ hour_of('received_at') }} as _hour, _file_id
        from {{ headwater_relation('raw.unparsed') }}
        where
            event_type = '{{ event_type }}'
            and {{ any_hour() if span == 'all' else received_within(span) }}
    ) as unparsed
    {%- if hours %}
    where unparsed._hour in ({{ hours }})
    {%- endif %}
    group by unparsed._hour, unparsed._file_id
    union all
    select
        broken.hour, null, 0, 0, 0, null, null, null, 0, true,
        sum(broken.shortfall), sum(greatest(broken.shortfall, 0))
    from (
        {{ broken_promises(event_type) }}
    ) as broken
    {%- if hours %}
    where broken.hour in ({{ hours }})
    {%- endif %}
    group by broken.hour
{% endmacro %}


{#
    A query for the files that came otherwise than their manifest says: hour, and how many
    records of it did not come (negative when more came than promised).

    @arg event_type  whose files
#}
{% macro broken_promises(event_type) %}
    select
        hour,
        expected_records - case when status = 'loaded' then records else 0 end as shortfall
    from {{ headwater_relation('ops.files') }}
    where
        event_type = '{{ event_type }}'
        and hour is not null
        and (
            (status = 'set_aside' and expected_records > 0)
            or (status = 'loaded' and expected_records <> records)
        )
{% endmacro %}


{#
    A query for the hours that a build has to count though no row of them is new: those of
    unparsed records and of files set aside that came since the last count.

    @arg event_type  whose
#}
{% macro hours_without_rows(event_type) %}
    {%- set since -%}
        (
            select coalesce(max(counted.last_load_id), 0)
            from {{ headwater_relation('ops.hours') }} as counted
            where counted.event_type = '{{ event_type }}'
        )
    {%- endset -%}
    select {{ hour_of('unparsed.received_at') }} as _hour
    from {{ headwater_relation('raw.unparsed') }} as unparsed
    where
        {{ any_hour('unparsed') }}
        and unparsed.event_type = '{{ event_type }}'
        and unparsed._load_id > {{ since }}
    union distinct
    select files.hour
    from {{ headwater_relation('ops.files') }} as files
    where
        files.event_type = '{{ event_type }}'
        and files.status = 'set_aside'
        and files.expected_records > 0
        and files.hour is not null
        and files.load_id > {{ since }}
{% endmacro %}

{#
    Which rows of a base model answer `is_first_valid_copy` wrongly, and what is right.
    A valid row is a duplicate when another valid copy of its event id precedes it, by
    (received_at, _file_id, _line), by at most the look-back: the nearest one before it
    decides. A select, so that the parity proof executes it too.

    @arg base      the base relation
    @arg touched   a query for the event ids to settle, column event_id
    @arg lookback  seconds
    @arg expired   a timestamp: copies received before it may have expired. What became a
                   duplicate within the look-back after it stays one; none: no copy has
    @arg span      as span_of() returns it: in which hours answers may be wrong. Copies as far
                   before as the look-back are read, too; `all`: in any
    @arg by        meta.restate_by
    @returns a select of _file_id, _line, _load_id, _hour, changed_date, was_first, is_first, and
             part, where there is `by`
#}
{% macro settled_flags(base, touched, lookback, expired=none, span='all', by=none) %}
    select
        copies._file_id,
        copies._line,
        copies._load_id,
        copies._hour,
        copies.changed_date,
        copies.was_first,
        copies.is_first
        {%- if by %},
        copies.part
        {%- endif %}
    from (
        select
            base._file_id,
            base._line,
            base._load_id,
            base._hour,
            base.received_at,
            cast(base.occurred_at as date) as changed_date,
            base.is_first_valid_copy as was_first,
            coalesce(
                {{ is_further_apart(
                    'base.received_at',
                    'lag(base.received_at) over (partition by base.event_id '
                    ~ 'order by base.received_at, base._file_id, base._line)',
                    lookback
                ) }},
                true
            ) as is_first
            {%- if by %},
            {{ part_of('base.' ~ by) }} as part
            {%- endif %}
        from {{ base }} as base
        inner join ({{ touched }}) as touched
            on base.event_id = touched.event_id
        where
            base.is_valid
            {%- if span != 'all' %}
            and {{ received_within(span_widened(span, lookback, 0), 'base') }}
            {%- endif %}
    ) as copies
    where
        copies.was_first <> copies.is_first
        {%- if span != 'all' %}
        and {{ received_within(span, 'copies') }}
        {%- endif %}
        {%- if expired is not none %}
        and (copies.was_first or {{ is_out_of_shadow('copies.received_at', expired, lookback) }})
        {%- endif %}
{% endmacro %}


{#
    Whether a row was received more than a look-back after the hours that have expired: only
    then every copy that could precede it is there.

    @arg received_at  an expression
    @arg expired      the end of the last hour that expired, a timestamp
    @arg lookback     seconds
#}
{% macro is_out_of_shadow(received_at, expired, lookback) %}
    {{- is_further_apart(received_at, "timestamp '" ~ expired ~ "'", lookback) -}}
{% endmacro %}


{#
    Every event id whose copies may answer wrongly: what a first build has to settle, and
    what a changed contract has.

    @arg base  the base relation
#}
{% macro repeated_event_ids(base) %}
    select event_id from {{ base }}
    where is_valid
    group by event_id
    having count(*) > 1 or countif(not is_first_valid_copy) > 0
{% endmacro %}

{#
    Counts the delivery hours of a base model anew: rows in ops.hours, the reasons of
    quarantined ones in ops.violations.

    @arg base   the base relation
    @arg hours  a query for the hours to count, column _hour; none: all of them
#}
{% macro count_hours(base, hours=none) %}
    {%- set event_type = model.config.meta.event_type -%}
    delete from {{ headwater_relation('ops.hours') }}
    where event_type = '{{ event_type }}'
        {%- if hours %}
        and hour in ({{ hours }})
        {%- endif %};
    insert into {{ headwater_relation('ops.hours') }} (
        event_type, hour, row_count, invalid, duplicates,
        first_received_at, last_received_at, last_load_id, counted_at
    )
    select
        '{{ event_type }}',
        _hour,
        count(*),
        countif(not is_valid),
        countif(is_valid and not is_first_valid_copy),
        min(received_at),
        max(received_at),
        max(_load_id),
        {{ utc_now() }}
    from {{ base }}
    {%- if hours %}
    where _hour in ({{ hours }})
    {%- endif %}
    group by _hour;
    delete from {{ headwater_relation('ops.violations') }}
    where event_type = '{{ event_type }}'
        {%- if hours %}
        and hour in ({{ hours }})
        {%- endif %};
    insert into {{ headwater_relation('ops.violations') }} (event_type, hour, violation, row_count)
    select '{{ event_type }}', base._hour, reasons.violation, count(*)
    from {{ base }} as base
    cross join {{ unnested('base.violations', 'reasons', 'violation') }}
    where not base.is_valid
        {%- if hours %}
        and base._hour in ({{ hours }})
        {%- endif %}
    group by base._hour, reasons.violation;
{% endmacro %}

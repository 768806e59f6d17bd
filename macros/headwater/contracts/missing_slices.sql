{#
    A query for the slices (load x delivery hour) of raw.<event> that a base model does not
    hold as its event contract has them (held_slices), or that a backfill builds again.

    @arg node  the base model, as in graph.nodes
    @arg span  as span_of() returns it: the hours to look in; none: all
#}
{% macro missing_slices(node, span=none) %}
    {%- set meta = node.config.meta -%}
    {%- set base = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- set step = backfill_step(node) -%}
    select distinct delivered._load_id, {{ hour_of('delivered.received_at') }} as _hour
    from {{ headwater_relation('raw.' ~ meta.event_type) }} as delivered
    {%- if base %}
    left outer join (
        {{ held_slices(
            base, meta.contract_hash, meta.compatible | default({}),
            received_within(span) if span else any_hour()
        ) }}
    ) as held
        on
            delivered._load_id = held._load_id
            and {{ hour_of('delivered.received_at') }} = held._hour
    {%- endif %}
    where
        {{ received_within(span, 'delivered') if span else any_hour('delivered') }}
        {%- if base %}
        and (
            held._load_id is null
            {{- ' or (' ~ in_backfilled_hours(step, 'delivered.received_at') ~ ')' if step }}
        )
        {%- endif %}
{% endmacro %}

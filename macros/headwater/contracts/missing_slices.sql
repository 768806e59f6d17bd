{#
    A query for the slices (load x delivery hour) of raw.<event> that a base model does not
    hold as its event contract has them (held_slices), or that a backfill builds again.

    @arg node  the base model, as in graph.nodes
#}
{% macro missing_slices(node) %}
    {%- set meta = node.config.meta -%}
    {%- set base = adapter.get_relation(node.database, node.schema, node.alias) -%}
    select distinct delivered._load_id, {{ hour_of('delivered.received_at') }} as _hour
    from {{ headwater_relation('raw.' ~ meta.event_type) }} as delivered
    {%- if base %}
    left outer join (
        {{ held_slices(base, meta.contract_hash, meta.compatible | default({})) }}
    ) as held
        on
            delivered._load_id = held._load_id
            and {{ hour_of('delivered.received_at') }} = held._hour
    {%- set step = backfill_step(node) %}
    where held._load_id is null{{ ' or (' ~ in_backfilled_hours(step, 'delivered.received_at') ~ ')' if step }}
    {%- endif %}
{% endmacro %}

{#
    A query for the slices (load x delivery hour) of raw.<event> that a base model does not
    hold under its current contract hash.

    @arg node  the base model, as in graph.nodes
#}
{% macro missing_slices(node) %}
    {%- set meta = node.config.meta -%}
    {%- set base = adapter.get_relation(node.database, node.schema, node.alias) -%}
    select distinct delivered._load_id, {{ hour_of('delivered.received_at') }} as _hour
    from {{ headwater_relation('raw.' ~ meta.event_type) }} as delivered
    {%- if base %}
    left outer join (
        select distinct _load_id, _hour
        from {{ base }}
        where _contract_hash = '{{ meta.contract_hash }}'
    ) as held
        on
            delivered._load_id = held._load_id
            and {{ hour_of('delivered.received_at') }} = held._hour
    where held._load_id is null
    {%- endif %}
{% endmacro %}

{#
    A query for where the missing slices of a base model lie, to prune raw by: event type,
    first hour, last hour, first load, last load; no row when it misses none.

    @arg node  the base model, as in graph.nodes
#}
{% macro bounds_of_missing_slices(node) %}
    select
        '{{ node.config.meta.event_type }}' as event_type,
        min(missing._hour) as first_hour,
        max(missing._hour) as last_hour,
        min(missing._load_id) as first_load,
        max(missing._load_id) as last_load
    from ({{ missing_slices(node) }}) as missing
    having count(*) > 0
{% endmacro %}

{#
    A query for the distinct identifiers, as text, in the raw rows that a base model lacks
    under its current contract hash.

    @arg node    the base model, as in graph.nodes
    @arg bounds  a row of what bounds_of_missing_slices() asks
    @arg read    what to read, and how: identifiers and csv_cells, as in the model's meta
#}
{% macro identifiers_in(node, bounds, read) %}
    {%- set paths = read.identifiers.keys() | list -%}
    {%- set values = [] -%}
    {%- for path, kind in read.identifiers.items() -%}
        {%- do values.append(json_identifier('_document', '_found', paths, path, kind)) -%}
    {%- endfor -%}
    {%- set span = span_from(bounds[1], bounds[2]) -%}
    {%- set delivered -%}
        (
            select
                {{ csv_as_json('record', '_format', read.csv_cells) }} as _document,
                {{ json_identifiers(csv_as_json('record', '_format', read.csv_cells), paths) }} as _found
            from {{ headwater_relation('raw.' ~ node.config.meta.event_type) }}
            where
                {{ received_within(span) }}
                and _load_id between {{ bounds[3] }} and {{ bounds[4] }}
                and {{ slice_in(missing_slices(node, span)) }}
        ) as delivered
    {%- endset -%}
    {{ distinct_values(delivered, values) }}
{% endmacro %}

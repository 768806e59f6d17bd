{#
    A query for the distinct identifiers, as text, in the raw rows that a base model lacks
    under its current contract hash.

    @arg node  the base model, as in graph.nodes
#}
{% macro identifiers_in(node) %}
    {%- set meta = node.config.meta -%}
    {%- set base = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- set shape = {'': 'object'} -%}
    {%- set values = [] -%}
    {%- for path, kind in meta.identifiers.items() -%}
        {%- set names = path.split('.') -%}
        {%- for name in names[:-1] -%}
            {%- do shape.update({names[:loop.index] | join('.'): 'object'}) -%}
        {%- endfor -%}
        {%- do shape.update({path: kind}) -%}
        {%- do values.append(json_identifier('_document', path, kind)) -%}
    {%- endfor -%}
    {%- set delivered -%}
        (
            select
                {{ csv_as_json('record', '_format', meta.csv_cells) }} as _document,
                {{ json_fields(csv_as_json('record', '_format', meta.csv_cells), shape) }} as _fields
            from {{ headwater_relation('raw.' ~ meta.event_type) }}
            {%- if base %}
            where not {{ slice_in(
                "select distinct _load_id, _hour from " ~ base
                ~ " where _contract_hash = '" ~ meta.contract_hash ~ "'"
            ) }}
            {%- endif %}
        ) as delivered
    {%- endset -%}
    {{ distinct_values(delivered, values) }}
{% endmacro %}

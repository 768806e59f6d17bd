{#
    The relation behind `schema.table` of Headwater's own tables on this target. Schemas
    carry the target's prefix, as models' do; on DuckDB the keys are a file of their own.

    @arg name  schema.table, as in table_columns()
#}
{% macro headwater_relation(name) %}
    {% set schema, table = name.split('.') %}
    {% if schema == 'keys' and target.type == 'duckdb' %}
        {% do return(api.Relation.create(
            database='keys', schema='main', identifier=table
        )) %}
    {% endif %}
    {% do return(api.Relation.create(
        database=target.database,
        schema=generate_schema_name(schema, none),
        identifier=table
    )) %}
{% endmacro %}

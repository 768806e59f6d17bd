{#
    Creates, where they are missing, every table that models and hooks read: raw.<event>
    for each declared event type, and Headwater's own. Those of an older warehouse also get
    the columns added since (widened_tables). Runs at the start of every dbt command, so that
    a warehouse that has loaded nothing yet still builds.

    @arg schemas  which schemas' tables; the keys come in a call of their own, because one
                  DuckDB transaction writes one attached file
#}
{% macro ensure_tables(schemas) %}
    {% if execute and not var('headwater_offline', false) %}
        {% set tables = table_columns() %}
        {% for source in graph.sources.values() if source.source_name == 'raw' %}
            {% do tables.update({'raw.' ~ source.name: raw_columns()}) %}
        {% endfor %}
        {% for schema in schemas %}
            {% do adapter.create_schema(headwater_relation(schema ~ '.x').without_identifier()) %}
        {% endfor %}
        {% for name, columns in tables.items() if name.split('.')[0] in schemas %}
            {% set table = headwater_relation(name) %}
            {% if not adapter.get_relation(table.database, table.schema, table.identifier) %}
                {% do run_query(create_table(target.type, table, columns, name)) %}
            {% elif name in widened_tables() %}
                {% set known = adapter.get_columns_in_relation(table) | map(attribute='name') | list %}
                {% set missing = add_columns(target.type, table, columns, known) | trim %}
                {% if missing %}
                    {% do run_query(missing) %}
                {% endif %}
            {% endif %}
        {% endfor %}
        {% do commit_now() %}
    {% endif %}
{% endmacro %}

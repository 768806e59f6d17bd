{#
    Creates, where they are missing, every table that models and hooks read: raw.<event>
    for each declared event type, and Headwater's own. Runs at the start of every dbt
    command, so that a warehouse that has loaded nothing yet still builds.
#}
{% macro ensure_tables() %}
    {% if execute and not var('headwater_offline', false) %}
        {% set tables = table_columns() %}
        {% for source in graph.sources.values() if source.source_name == 'raw' %}
            {% do tables.update({'raw.' ~ source.name: raw_columns()}) %}
        {% endfor %}
        {% set existing = [] %}
        {% for schema in ['raw', 'ops', 'keys'] %}
            {% set inside = headwater_relation(schema ~ '.x').without_identifier() %}
            {% do adapter.create_schema(inside) %}
            {% for relation in adapter.list_relations_without_caching(inside) %}
                {% do existing.append(schema ~ '.' ~ relation.identifier) %}
            {% endfor %}
        {% endfor %}
        {% for name, columns in tables.items() if name not in existing %}
            {% do run_query(create_table(
                target.type, headwater_relation(name), columns, hourly=name.startswith('raw.')
            )) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

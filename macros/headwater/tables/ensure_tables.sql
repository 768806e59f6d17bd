{#
    Creates, where they are missing, every table that models and hooks read: raw.<event>
    for each declared event type, and Headwater's own. Runs at the start of every dbt
    command, so that a warehouse that has loaded nothing yet still builds.
#}
{% macro ensure_tables() %}
    {% if execute and not var('headwater_offline', false) %}
        {% set tables = table_columns() %}
        {% set found = [] %}
        {% for source in graph.sources.values() if source.source_name == 'raw' %}
            {% do tables.update({'raw.' ~ source.name: raw_columns()}) %}
        {% endfor %}
        {% for schema in ['raw', 'ops'] %}
            {% do adapter.create_schema(headwater_relation(schema ~ '.x')) %}
        {% endfor %}
        {% if target.type == 'bigquery' %}
            {% do adapter.create_schema(headwater_relation('keys.x')) %}
        {% endif %}
        {% for name, columns in tables.items() %}
            {% do run_query(create_table(
                target.type, headwater_relation(name), columns, hourly=name.startswith('raw.')
            )) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

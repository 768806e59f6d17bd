{#
    Ends the transaction that dbt has open, where the engine has transactions across
    statements: one DuckDB transaction writes one attached file.
#}
{% macro commit_now() %}
    {% if target.type == 'duckdb' %}
        {% do adapter.commit() %}
    {% elif target.type != 'bigquery' %}
        {{ exceptions.raise_compiler_error('commit_now is not written for ' ~ target.type) }}
    {% endif %}
{% endmacro %}

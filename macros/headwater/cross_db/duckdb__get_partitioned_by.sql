{#
    Replaces dbt-duckdb's macro, which takes `partition_by` for DuckLake's own and refuses
    BigQuery's form of it. A DuckDB table has no partitions, so a model may state those it
    has on BigQuery.

    @arg relation   the table that is created
    @arg temporary  whether it is a temporary one
#}
{% macro duckdb__get_partitioned_by(relation, temporary) %}
    {% do return(none) %}
{% endmacro %}

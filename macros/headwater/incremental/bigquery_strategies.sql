{#
    dbt-bigquery takes a strategy of its own only by overriding these two macros of its;
    everything but `slices` and `dates` is passed on to them unchanged.

    @arg config  the model's
    @returns the name of the strategy
#}
{% macro dbt_bigquery_validate_get_incremental_strategy(config) %}
    {% if config.get('incremental_strategy') in ['slices', 'dates'] %}
        {% do return(config.get('incremental_strategy')) %}
    {% endif %}
    {% do return(dbt_bigquery.dbt_bigquery_validate_get_incremental_strategy(config)) %}
{% endmacro %}


{#
    The script that an incremental model of any strategy runs; see above.

    @arg strategy  what dbt_bigquery_validate_get_incremental_strategy returned
    @arg tmp_relation, tmp_relation_exists  the table of new rows, and whether it was made
    @arg target_relation, dest_columns  the table to change, and its columns
    @arg sql  the model's select
    @arg unique_key, partition_by, partitions, copy_partitions, incremental_predicates  for
        dbt-bigquery's own strategies
#}
{% macro bq_generate_incremental_build_sql(
    strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions,
    dest_columns, tmp_relation_exists, copy_partitions, incremental_predicates
) %}
    {% if strategy not in ['slices', 'dates'] %}
        {% do return(dbt_bigquery.bq_generate_incremental_build_sql(
            strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions,
            dest_columns, tmp_relation_exists, copy_partitions, incremental_predicates
        )) %}
    {% endif %}
    {% set new = tmp_relation if tmp_relation_exists else model.name ~ '__new' %}
    {% set script %}
        {% if not tmp_relation_exists %}
            create temp table {{ new }} as {{ sql }};
        {% endif %}
        {% if strategy == 'slices' %}
            {{ retype_columns(target_relation, new) if tmp_relation_exists }}
            {{ slices_sql(target_relation, new, dest_columns) }}
        {% else %}
            {{ dates_sql(target_relation, new, dest_columns) }}
        {% endif %}
    {% endset %}
    {% do return(script) %}
{% endmacro %}

{#
    dbt's own answer, except for a model of the strategy `dates` with frozen dates: it keeps
    them. `--full-refresh` then restates every other date of the table there is.

    @returns bool
#}
{% macro should_full_refresh() %}
    {% do return(dbt.should_full_refresh() and not keeps_frozen_dates()) %}
{% endmacro %}


{#
    Whether `--full-refresh` has to leave dates of this model as they are.

    @returns bool
#}
{% macro keeps_frozen_dates() %}
    {% if not execute or not this or not dbt.should_full_refresh() or not is_by_dates(model) %}
        {% do return(false) %}
    {% endif %}
    {% set existing = load_cached_relation(this) %}
    {% do return(
        existing is not none and existing.type == 'table' and frozen_before() is not none
    ) %}
{% endmacro %}


{#
    What dbt does about columns that changed: as the model says, except where a backfill builds
    aside, and where it replaces all dates, or `--full-refresh` keeps frozen ones. Their table then gets the new columns, null in frozen dates, and loses
    those that are gone.

    @arg on_schema_change  what the model says
    @arg default           dbt's default
#}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
    {% if backfill_is('batch') and is_by_dates(model) %}
        {% do return('ignore') %}
    {% endif %}
    {% set swap = backfill_is('swap') %}
    {% if keeps_frozen_dates() or (swap and swap.is_all) %}
        {% do return('sync_all_columns') %}
    {% endif %}
    {% do return(dbt.incremental_validate_on_schema_change(on_schema_change, default)) %}
{% endmacro %}

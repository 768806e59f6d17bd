{#
    dbt's own answer, except offline: compiling for an engine that is not there, the var
    `headwater_incremental` chooses the branch, so that both can be proven.
#}
{% macro is_incremental() %}
    {% if var('headwater_offline', false) %}
        {% do return(var('headwater_incremental', false)) %}
    {% endif %}
    {% do return(dbt.is_incremental()) %}
{% endmacro %}

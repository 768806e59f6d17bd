{#
    dbt's own answer, except offline: compiling for an engine that is not there, the var
    `headwater_incremental` chooses the branch, so that both can be proven, and in a unit
    test, which has no table of its own: the full branch, unless it overrides this macro.
#}
{% macro is_incremental() %}
    {% if var('headwater_offline', false) %}
        {% do return(var('headwater_incremental', false)) %}
    {% endif %}
    {% if execute and not this %}
        {% do return(false) %}
    {% endif %}
    {% do return(dbt.is_incremental()) %}
{% endmacro %}

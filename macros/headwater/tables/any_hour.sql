{#
    A predicate that is true of every row of a table of raw: nothing is received before 1970
    (the load takes such a time for a mistake). BigQuery refuses queries of these tables that
    do not bound `received_at`; this says that all partitions are meant.

    @arg table  the table's name in the query; none: its columns need none
#}
{% macro any_hour(table=none) %}
    {{- table ~ '.' if table }}received_at >= timestamp '1970-01-01 00:00:00'
{%- endmacro %}

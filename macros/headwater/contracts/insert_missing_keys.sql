{#
    Gives every identifier in the raw rows about to be built a random pseudonym, where it
    has none, for the base models this dbt command selects. It runs at the start of the
    command, in one statement: two models of one run that meet the same new person must
    not each invent a pseudonym for them. A key without rows is harmless. Commands that only
    compile render hooks in any order, so before the tables are there: not for them.
#}
{% macro insert_missing_keys() %}
    {%- set builds = flags.WHICH in ['build', 'run', 'retry'] -%}
    {%- if execute and builds and not var('headwater_offline', false) -%}
        {%- set nodes = {} -%}
        {%- set bounds = [] -%}
        {%- for unique_id in selected_resources | sort if unique_id in graph.nodes -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- if node.config.meta.identifiers -%}
                {%- do nodes.update({node.config.meta.event_type: node}) -%}
                {%- do bounds.append(bounds_of_missing_slices(node)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set queries = [] -%}
        {%- set missing = run_query(bounds | join(' union all ')).rows if bounds else [] -%}
        {%- for found in missing -%}
            {%- set node = nodes[found[0]] -%}
            {#- majors of one event type may declare an identifier apart: each then reads its own -#}
            {%- for read in [node.config.meta] + (node.config.meta.identifiers_of_others | default([])) -%}
                {%- do queries.append(identifiers_in(node, found, read)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if queries -%}
            insert into {{ headwater_relation('keys.identifiers') }} (value, pseudonym)
            select found.value, {{ random_pseudonym() }}
            from (
                {{ queries | join(' union distinct ') }}
            ) as found
            where not exists (
                select 1
                from {{ headwater_relation('keys.identifiers') }} as known
                where known.value = found.value
            )
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

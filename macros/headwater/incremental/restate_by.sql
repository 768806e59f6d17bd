{#
    A date of which more parts than these have changed is restated whole: a list of parts in
    a query would cost more than it saves.
#}
{% macro max_parts() %}
    {% do return(64) %}
{% endmacro %}


{#
    The column that cuts what is read of an upstream into the parts of the model at hand; none
    where whole dates of it are to be read: of what does not name the same column.

    @arg ref  the name of the upstream; none: the model at hand
#}
{% macro restate_by_of(ref=none) %}
    {% set by = model.config.meta.restate_by %}
    {% if not by or not ref %}
        {% do return(by) %}
    {% endif %}
    {% for unique_id in model.depends_on.nodes if unique_id in graph.nodes and graph.nodes[unique_id].name == ref %}
        {% for theirs in logged_below(unique_id).values() if theirs != by %}
            {% do return(none) %}
        {% endfor %}
    {% endfor %}
    {% do return(by) %}
{% endmacro %}


{#
    A query for what upstreams have logged since the model at hand was built: upstream,
    is_changed (false: nothing), changed_date, part (null: the date has changed whole).

    @arg marks      a query of upstream, seq: up to which number the model accounts for it
    @arg upstreams  logged_upstreams()
#}
{% macro changes_since(marks, upstreams) %}
    {%- set by = restate_by_of() -%}
    {%- set in_parts = [] -%}
    {%- for upstream, window in upstreams.items() if by and window.restate_by == by -%}
        {%- do in_parts.append(upstream) -%}
    {%- endfor -%}
    select distinct
        marks.upstream,
        dates.seq is not null as is_changed,
        dates.changed_date,
        {{ 'parts.part' if in_parts else 'cast(null as string) as part' }}
    from ({{ marks }}) as marks
    left outer join {{ headwater_relation('ops.changed_dates') }} as dates
        on marks.upstream = dates.model and marks.seq < dates.seq
    {%- if in_parts %}
    left outer join {{ headwater_relation('ops.changed_parts') }} as parts
        on
            dates.model = parts.model
            and dates.seq = parts.seq
            and dates.changed_date = parts.changed_date
            and parts.model in ('{{ in_parts | join("', '") }}')
    {%- endif %}
{% endmacro %}


{#
    Logs which parts of dates have changed, of those dates of which only some have; the model
    logs the dates themselves after it, in the same transaction. What a build killed on
    BigQuery left under that number goes.

    @arg changed  a query of changed_date, part (null: no part can be told)
#}
{% macro log_changed_parts(changed) %}
    {%- set log = headwater_relation('ops.changed_parts') %}
    delete from {{ log }} where model = '{{ key_of(model) }}' and seq >= {{ next_seq() }};
    insert into {{ log }} (model, changed_date, part, seq)
    select '{{ key_of(model) }}', counted.changed_date, counted.part, {{ next_seq() }}
    from (
        select
            changed_date,
            part,
            count(*) over (partition by changed_date) as parts,
            count(part) over (partition by changed_date) as known
        from (select distinct changed_date, part from ({{ changed }}) as changed) as changes
    ) as counted
    where counted.parts <= {{ max_parts() }} and counted.parts = counted.known;
{% endmacro %}

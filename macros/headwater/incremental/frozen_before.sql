{#
    The first date that a model of the strategy `dates` can still compute: older ones read
    rows that retention has deleted from base. Those dates are frozen: their rows stay as they
    were built last, whatever is edited, mended or refreshed. A month is frozen whole. Where a
    window says `before: all`, what retention deleted is gone for later dates, too: they are
    restated from what is left, as a table is. `headwater run` finds the same
    (headwater.graph.Graph.frozen_before).

    @returns a date, or none while nothing it reads has expired
#}
{% macro frozen_before() %}
    {% if not execute or var('headwater_offline', false) %}
        {% do return(none) %}
    {% endif %}
    {% set first = [] %}
    {% set read = bases_read(model, model.config.meta.windows or {}) %}
    {% set expired = expired_hours(read) %}
    {% for event_type, before in read.items() %}
        {% set until = expired.get(event_type) %}
        {% if until is not none %}
            {#- an event may say that it happened up to an hour after it was received -#}
            {% set complete = until + modules.datetime.timedelta(hours=1 + 24 * before) %}
            {% set date = complete.date() %}
            {% set is_midnight = complete.time() == modules.datetime.time(0) %}
            {% do first.append(date if is_midnight else date + modules.datetime.timedelta(days=1)) %}
        {% endif %}
    {% endfor %}
    {% set date = first | max if first else none %}
    {% if date is none or period_of(date) == date %}
        {% do return(date) %}
    {% endif %}
    {#- of the period it lies in some dates are frozen -#}
    {% do return(shifted(period_end(period_of(date)), 1)) %}
{% endmacro %}


{#
    The event types whose base model a node reads, with the widest of the days before that it
    reads of each. What it reads by way of another model of the strategy `dates` is not among
    them: that one keeps its frozen dates. A table does not: it is built anew from what is left.

    @arg node     a node of the graph
    @arg windows  its meta.windows
    @returns dict: event type -> days
#}
{% macro bases_read(node, windows) %}
    {% set found = {} %}
    {% for unique_id in node.depends_on.nodes if unique_id in graph.nodes %}
        {% set parent = graph.nodes[unique_id] %}
        {% set said = windows.get(parent.name, {}).get('before', 0) %}
        {% set before = 0 if said == 'all' else said %}
        {% if parent.config.meta.contract_hash is defined %}
            {% set below = {parent.config.meta.event_type: 0} %}
        {% elif is_by_dates(parent) %}
            {% set below = {} %}
        {% else %}
            {% set below = bases_read(parent, {}) %}
        {% endif %}
        {% for event_type, days in below.items() %}
            {% do found.update({event_type: [found.get(event_type, 0), before + days] | max}) %}
        {% endfor %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}


{#
    Whether a node is a model of the strategy `dates`.

    @arg node  a node of the graph
#}
{% macro is_by_dates(node) %}
    {% do return(
        node.config.materialized == 'incremental' and node.config.incremental_strategy == 'dates'
    ) %}
{% endmacro %}


{#
    The end of the latest delivery hour whose rows retention has deleted from a base model.

    @arg event_type  the event type
    @returns a timestamp without a zone, or none
#}
{% macro expired_until(event_type) %}
    {% do return(expired_hours([event_type]).get(event_type)) %}
{% endmacro %}


{#
    The same of several, in one query.

    @arg event_types  a list, or a dict by them
    @returns dict: event type -> a timestamp without a zone; without those of which none expired
#}
{% macro expired_hours(event_types) %}
    {% set found = {} %}
    {% if execute and event_types and not var('headwater_offline', false) %}
        {% for event_type, hour in run_query(
            'select event_type, max(hour) from ' ~ headwater_relation('ops.expired')
            ~ " where what = 'staging' and event_type in ('" ~ event_types | join("', '") ~ "')"
            ~ ' group by event_type'
        ).rows %}
            {% do found.update({
                event_type: hour.replace(tzinfo=none) + modules.datetime.timedelta(hours=1)
            }) %}
        {% endfor %}
    {% endif %}
    {% do return(found) %}
{% endmacro %}

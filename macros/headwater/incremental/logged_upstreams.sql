{#
    Whether a node keeps rows of its own, and so logs in ops.changed_dates what changed.
    Views keep none: what changed in a view is what changed below it.

    @arg node  a node of the graph
    @returns bool
#}
{% macro is_logged(node) %}
    {% do return(
        node.resource_type in ['seed', 'snapshot']
        or (node.resource_type == 'model' and node.config.materialized in ['table', 'incremental'])
    ) %}
{% endmacro %}


{#
    The logged models that this one reads, directly or through views, with the widest
    window any of the ways to them asks for.

    @returns dict: model name -> {before: days or `all`, after: days, restate_by: its own
        meta.restate_by, or none}
#}
{% macro logged_upstreams() %}
    {% set windows = model.config.meta.windows or {} %}
    {% do check_windows(windows) %}
    {% set found = {} %}
    {% for unique_id in model.depends_on.nodes if unique_id in graph.nodes %}
        {% set window = windows.get(graph.nodes[unique_id].name, {}) %}
        {% for name, by in logged_below(unique_id).items() %}
            {% set known = found.get(name, {'before': 0, 'after': 0}) %}
            {% do found.update({name: {
                'before': wider(known.before, window.get('before', 0)),
                'after': [known.after, window.get('after', 0)] | max,
                'restate_by': by,
            }}) %}
        {% endfor %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}


{#
    The wider of two windows on the days before.

    @arg one, another  days, or `all`
#}
{% macro wider(one, another) %}
    {% do return('all' if 'all' in [one, another] else [one, another] | max) %}
{% endmacro %}


{#
    A misspelt window would be no window, and leave days that are never restated.

    @arg windows  meta.windows
#}
{% macro check_windows(windows) %}
    {% for ref, window in windows.items() %}
        {% do window_of(ref) %}
        {% for word, days in window.items() %}
            {% if word not in ['before', 'after'] %}
                {{ exceptions.raise_compiler_error(
                    'meta.windows of ' ~ model.name ~ ' says ' ~ word ~ ' of ' ~ ref
                    ~ '; it knows before and after, in days'
                ) }}
            {% elif not (days is integer and days >= 0) and [word, days] != ['before', 'all'] %}
                {{ exceptions.raise_compiler_error(
                    'meta.windows of ' ~ model.name ~ ' says ' ~ word ~ ': ' ~ days ~ ' of ' ~ ref
                    ~ '; that is a whole number of days' ~ (', or all' if word == 'before')
                ) }}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% set period = model.config.meta.period %}
    {% if period and period != 'month' %}
        {{ exceptions.raise_compiler_error(
            'meta.period of ' ~ model.name ~ ' is ' ~ period ~ '; it is month, or left out'
        ) }}
    {% endif %}
{% endmacro %}


{#
    The window that this model declares for one of the models it reads.

    @arg ref  its name
    @returns dict: before, after, in days (before: or `all`); empty when it declares none
#}
{% macro window_of(ref) %}
    {% set names = [] %}
    {% for unique_id in model.depends_on.nodes if unique_id in graph.nodes %}
        {% do names.append(graph.nodes[unique_id].name) %}
    {% endfor %}
    {% if ref not in names %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ' has a window on ' ~ ref ~ ' but reads only ' ~ names | sort | join(', ')
        ) }}
    {% endif %}
    {% do return((model.config.meta.windows or {}).get(ref, {})) %}
{% endmacro %}


{#
    The logged models at or below one node.

    @arg unique_id  the node's
    @returns dict: model name -> its meta.restate_by, or none
#}
{% macro logged_below(unique_id) %}
    {% set node = graph.nodes[unique_id] %}
    {% if is_logged(node) %}
        {% do return({key_of(node): node.config.meta.get('restate_by')}) %}
    {% endif %}
    {% set found = {} %}
    {% for below in node.depends_on.nodes if below in graph.nodes %}
        {% do found.update(logged_below(below)) %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

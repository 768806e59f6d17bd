{#
    A hash of what decides a model's rows: its own SQL, windows and period, and the code of every
    hand-written view between it and the logged models below. A base model's is the hash
    of its event contract, and generated staging views are plain filters that add nothing.
    `headwater run` computes the same from the manifest (headwater.graph.Graph.code).
    Macros, vars and the environment are no part of it: after changing one that decides
    rows, build with --full-refresh.
#}
{% macro code_of_model() %}
    {% do return(code_of(model, {})) %}
{% endmacro %}


{#
    The code that this model's rows were built with: as code_of_model(), but a view below
    that was not rebuilt since its file changed counts with the code it still has, so that
    the model is built again once the view is. `dbt build --empty` reads no rows: what it
    leaves is to be built again.
#}
{% macro code_as_built() %}
    {% if flags.EMPTY %}
        {% do return('built with --empty') %}
    {% endif %}
    {% set views = [] %}
    {% for view in views_below(model.depends_on.nodes) %}
        {% if graph.nodes[view].config.materialized != 'ephemeral' %}
            {% do views.append(key_of(graph.nodes[view])) %}
        {% endif %}
    {% endfor %}
    {% set built = {} %}
    {% if views %}
        {% for row in run_query(
            'select model, code from ' ~ headwater_relation('ops.built')
            ~ " where upstream = '' and model in ('" ~ views | join("', '") ~ "')"
        ).rows %}
            {% do built.update({row[0]: row[1]}) %}
        {% endfor %}
    {% endif %}
    {% do return(code_of(model, built)) %}
{% endmacro %}


{#
    A hash of what decides the rows of any model or seed; code_of_model() says of what.

    @arg node   a model or seed, as the graph describes it
    @arg built  model name -> code, where not the code of its file
#}
{% macro code_of(node, built) %}
    {% set meta = node.config.meta %}
    {% if meta.contract_hash is defined %}
        {% do return(meta.contract_hash) %}
    {% endif %}
    {% if node.resource_type == 'seed' %}
        {% do return(node.checksum.checksum) %}
    {% endif %}
    {% set period = ' by ' ~ meta.period if meta.period else '' %}
    {% set parts = [node.raw_code, meta.date ~ period] %}
    {% for ref, window in (meta.windows or {}).items() | sort(attribute=0, case_sensitive=true) %}
        {% do parts.append(ref ~ ' ' ~ window.get('before', 0) ~ ' ' ~ window.get('after', 0)) %}
    {% endfor %}
    {#- an unpinned ref of a dbt model version means another one once the latest is -#}
    {% for unique_id in node.depends_on.nodes | sort(case_sensitive=true) if unique_id in graph.nodes %}
        {% if graph.nodes[unique_id].version %}
            {% do parts.append(key_of(graph.nodes[unique_id])) %}
        {% endif %}
    {% endfor %}
    {% for unique_id in views_below(node.depends_on.nodes) | sort(case_sensitive=true) %}
        {% set view = graph.nodes[unique_id] %}
        {% do parts.append(built.get(key_of(view)) or code_of(view, {})) %}
    {% endfor %}
    {% do return(local_md5(parts | join('\n'))) %}
{% endmacro %}


{#
    The hand-written views reached from some nodes without passing a logged model.

    @arg unique_ids  the nodes'
    @returns list of unique ids
#}
{% macro views_below(unique_ids) %}
    {% set found = [] %}
    {% for unique_id in unique_ids if unique_id in graph.nodes %}
        {% set node = graph.nodes[unique_id] %}
        {% if node.resource_type == 'model' and not is_logged(node) %}
            {% if node.config.meta.kind != 'staging' %}
                {% do found.append(unique_id) %}
            {% endif %}
            {% do found.extend(views_below(node.depends_on.nodes)) %}
        {% endif %}
    {% endfor %}
    {% do return(found | unique(case_sensitive=true) | list) %}
{% endmacro %}

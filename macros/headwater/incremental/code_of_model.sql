{#
    A hash of what decides a model's rows: its own SQL and windows, and the SQL of every
    hand-written view between it and the logged models below. A base model's is the hash
    of its event contract, and generated staging views are plain filters that add nothing.
    `headwater run` computes the same from the manifest (headwater.plan.code).
#}
{% macro code_of_model() %}
    {% set meta = model.config.meta %}
    {% if meta.contract_hash is defined %}
        {% do return(meta.contract_hash) %}
    {% endif %}
    {% if model.resource_type == 'seed' %}
        {% do return(model.checksum.checksum) %}
    {% endif %}
    {% set parts = [model.raw_code, meta.date | string] %}
    {% for ref, window in (meta.windows or {}).items() | sort %}
        {% do parts.append(ref ~ ' ' ~ window.before | int ~ ' ' ~ window.after | int) %}
    {% endfor %}
    {% for view in views_below(model.depends_on.nodes) | sort %}
        {% do parts.append(graph.nodes[view].raw_code) %}
    {% endfor %}
    {% do return(local_md5(parts | join('\n'))) %}
{% endmacro %}


{# The hand-written views reached from these unique ids without passing a logged model. #}
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
    {% do return(found | unique | list) %}
{% endmacro %}

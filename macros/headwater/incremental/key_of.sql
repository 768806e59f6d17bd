{#
    What a node is called in ops, and after `dbt build --select`: its name, and of a dbt
    model version `name.v2`.

    @arg node  a model or seed, as the graph describes it
#}
{% macro key_of(node) %}
    {% do return(node.name ~ ('.v' ~ node.version if node.version else '')) %}
{% endmacro %}

{#
    Schemas are named by layer. Where the target's own schema is the file's default one,
    the file is the environment; elsewhere (BigQuery) the dataset prefixes each layer.

    @arg custom_schema_name  the layer, as dbt_project.yml or the model says
    @arg node                the model
#}
{% macro generate_schema_name(custom_schema_name, node) %}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.schema == 'main' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{% endmacro %}

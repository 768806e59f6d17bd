{#
    A random text, unique in practice: it says nothing of whom it stands for.
#}
{% macro random_pseudonym() %}
    {%- if target.type == 'duckdb' -%}
        cast(uuid() as varchar)
    {%- elif target.type == 'bigquery' -%}
        generate_uuid()
    {%- else -%}
        {{ exceptions.raise_compiler_error('random_pseudonym is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    An expression that fails the statement when it is evaluated.

    @arg message  what to tell; never data
#}
{% macro fail(message) %}
    {%- if target.type == 'duckdb' -%}
        error({{ string_literal(message) }})
    {%- elif target.type == 'bigquery' -%}
        error({{ string_literal(message) }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('fail is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    A schema version whose major the event contracts declare; null for any other text.

    @arg text    an expression
    @arg majors  list of whole numbers
#}
{% macro known_version(text, majors) %}
    {%- if target.type == 'duckdb' -%}
        case
            when regexp_matches({{ text }}, '^(?:{{ majors | join("|") }})(?:[.-][0-9]+)*$') then {{ text }}
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            regexp_contains({{ text }}, r'^(?:{{ majors | join("|") }})(?:[.-][0-9]+)*$'), {{ text }}, null
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('known_version is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    Whether a row's unknown_fields name one of these fields, in any case: columns ignore it.

    @arg unknown_fields  an expression
    @arg fields          list of dotted paths in the payload
#}
{% macro names_any_of(unknown_fields, fields) %}
    {%- set pattern = '(?im)^(?:' ~ fields | join('|') | replace('.', '[.]') ~ '):' -%}
    {%- if target.type == 'duckdb' -%}
        coalesce(regexp_matches(array_to_string({{ unknown_fields }}, chr(10)), '{{ pattern }}'), false)
    {%- elif target.type == 'bigquery' -%}
        ifnull(regexp_contains(array_to_string({{ unknown_fields }}, '\n'), r'{{ pattern }}'), false)
    {%- else -%}
        {{ exceptions.raise_compiler_error('names_any_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

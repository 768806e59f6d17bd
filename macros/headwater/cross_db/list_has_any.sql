{#
    Whether a list of texts holds one of these.

    @arg list   an expression
    @arg texts  list of texts
#}
{% macro list_has_any(list, texts) %}
    {%- if target.type == 'duckdb' -%}
        {%- if texts | length == 1 -%}
            list_contains({{ list }}, '{{ texts[0] }}')
        {%- else -%}
            list_has_any({{ list }}, ['{{ texts | join("', '") }}'])
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if texts | length == 1 -%}
            '{{ texts[0] }}' in unnest({{ list }})
        {%- else -%}
            exists(select 1 from unnest({{ list }}) as each where each in ('{{ texts | join("', '") }}'))
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('list_has_any is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

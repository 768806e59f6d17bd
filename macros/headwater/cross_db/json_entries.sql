{#
    The properties of a JSON object as a JSON array of objects with `key` and `value`, in the
    order of their names; empty when the value is no object.

    @arg value  an expression: a JSON value
#}
{% macro json_entries(value) %}
    {%- if target.type == 'duckdb' -%}
        to_json(list_transform(
            list_sort({{ json_names(value) }}),
            lambda name: {'key': name, 'value': {{ json_member(value, 'name') }}}
        ))
    {%- elif target.type == 'bigquery' -%}
        to_json(array(
            select as struct name as key, {{ json_member(value, 'name') }} as value
            from unnest({{ json_names(value) }}) as name
            order by name
        ))
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_entries is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The items of a JSON array, as a list of JSON values; none when the value is no array.

    @arg value  an expression: a JSON value
    @arg start  how many items to leave out at its beginning: a number, or an expression
    @arg end    how many items of the array to go no further than; 0 for all of them
#}
{% macro json_items(value, start=0, end=0) %}
    {%- if target.type == 'duckdb' -%}
        json_extract({{ value }}, '$[*]')
        {%- if start or end -%}
            [{{ start ~ ' + 1' if start is string else start + 1 }}:{{ end if end }}]
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if start or end -%}
            array(
                select each_item
                from unnest(json_query_array({{ value }})) as each_item with offset as position
                where position >= {{ start }}{% if end %} and position < {{ end }}{% endif %}
                order by position
            )
        {%- else -%}
            json_query_array({{ value }})
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_items is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

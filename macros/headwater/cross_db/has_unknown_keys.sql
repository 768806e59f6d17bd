{#
    Whether an object has a property that the event contract does not declare.

    @arg shape  as for json_parse()
    @arg path   dotted path of an object
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro has_unknown_keys(shape, path, of='') %}
    {%- if target.type == 'duckdb' -%}
        {#- Only an object with more names than there are declared ones present is looked
            into; it may still have one of them twice. -#}
        {%- set keys = of ~ '_keys[' ~ json_position(shape, path, 'object') ~ ']' -%}
        case
            when len({{ keys }}) <> (
                0
                {%- for each in shape if each and each.rpartition('.')[0] == path %}
                + cast({{ of }}_types[{{ json_position(shape, each) }}] is not null as integer)
                {%- endfor %}
            )
                then len(list_filter({{ keys }}, lambda name: {{ is_unknown_key(shape, path) }})) > 0
            else false
        end
    {%- elif target.type == 'bigquery' -%}
        exists(
            select 1
            from unnest(json_keys({{ json_field(path, of) }}, 1)) as name
            where {{ is_unknown_key(shape, path, json_key('name')) }}
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('has_unknown_keys is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

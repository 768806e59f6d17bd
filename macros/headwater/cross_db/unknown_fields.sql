{#
    The fields of the payload that the event contract does not declare, sorted, as
    `path:type`. A name that is no plain word is given as `(other)`, values never.

    @arg shape  as for json_parse(); its first path of kind object is the payload
#}
{% macro unknown_fields(shape) %}
    {%- if target.type == 'duckdb' -%}
        {%- set objects = [] -%}
        {%- for path, kind in shape.items() if kind == 'object' -%}
            {%- do objects.append(path) -%}
        {%- endfor -%}
        {%- set declared = [] -%}
        {%- for path in shape if path and path.rpartition('.')[0] in objects -%}
            {%- do declared.append(json_position(shape, path) | int) -%}
        {%- endfor -%}
        {%- set is_wide = objects | length > 8 and declared[-1] - declared[0] + 1 == declared | length -%}
        case
            when
                {#- most records declare everything: then none of the rest is computed -#}
                {%- if is_wide %}
                {#- as many names as there are declared values: all of them are declared #}
                len(flatten(_keys)) != list_count(_types[{{ declared[0] }}:{{ declared[-1] }}])
                {%- else -%}
                {%- for path in objects %}
                {{ 'or ' if not loop.first }}{{ has_unknown_keys(shape, path) }}
                {%- endfor %}
                {%- endif %}
                then list_sort(list_distinct(list_concat(
                {%- for path, kind in shape.items() if kind == 'object' %}
                    list_transform(
                        list_filter(
                            _keys[{{ loop.index }}],
                            lambda name: {{ is_unknown_key(shape, path) }}
                        ),
                        lambda name: concat(
                            '{{ json_below(shape, path) }}',
                            case
                                when regexp_matches(name, '^[A-Za-z_][A-Za-z0-9_.]*$') then name
                                else '(other)'
                            end,
                            ':',
                            case json_type(
                                _document,
                                '{{ ('.' ~ path if path else '').replace('.', '/') }}/' || replace(replace(name, '~', '~0'), '/', '~1')
                            )
                                when 'VARCHAR' then 'string'
                                when 'BOOLEAN' then 'boolean'
                                when 'OBJECT' then 'object'
                                when 'ARRAY' then 'array'
                                when 'NULL' then 'null'
                                else 'number'
                            end
                        )
                    ){{ ',' if not loop.last }}
                {%- endfor %}
                )))
            else []
        end
    {%- elif target.type == 'bigquery' -%}
        array(
            select distinct concat(
                parent,
                if(regexp_contains(name, '^[A-Za-z_][A-Za-z0-9_.]*$'), name, '(other)'),
                ':',
                json_type(container[name])
            ) as field
            from (
            {%- for path, kind in shape.items() if kind == 'object' %}
                select
                    '{{ json_below(shape, path) }}' as parent,
                    {{ json_field(path) }} as container,
                    {{ json_key('name') }} as name
                from unnest(json_keys({{ json_field(path) }}, 1)) as name
                where {{ is_unknown_key(shape, path, json_key('name')) }}
                {{- ' union all' if not loop.last }}
            {%- endfor %}
            )
            order by field
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('unknown_fields is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

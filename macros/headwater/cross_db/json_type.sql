{#
    The JSON type of the value at a path, for json_is() to ask; null when it is absent. Where
    the kind is integer, a whole number written with a fraction or exponent (1.0, 1e3) counts
    as an integer.

    @arg shape  as for json_parse()
    @arg path   dotted path
    @arg of     what is before the columns of json_parse(): the name of an item and a dot
#}
{% macro json_type(shape, path, of='') %}
    {%- if target.type == 'duckdb' -%}
        {%- set type = of ~ '_types[' ~ json_position(shape, path) ~ ']' -%}
        {%- if shape[path] == 'integer' -%}
            case
                when
                    {{ type }} = 'DOUBLE'
                    and try_cast({{ json_field(path, of) }} as double) % 1 = 0
                    then 'BIGINT'
                else {{ type }}
            end
        {%- else -%}
            {{ type }}
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- set field = json_field(path, of) -%}
        {%- if shape[path] == 'integer' -%}
            case
                when
                    json_type({{ field }}) = 'number'
                    and trunc(safe_cast(json_value({{ field }}) as float64))
                    = safe_cast(json_value({{ field }}) as float64)
                    then 'integer'
                else json_type({{ field }})
            end
        {%- else -%}
            json_type({{ field }})
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_type is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

{#
    The text of an identifier in a parsed document, the same that a base model joins by, or
    one that no base model asks for; never that of an object or array, which holds more.

    @arg document  an expression: the text of the record
    @arg path      dotted path
    @arg kind      string or integer
#}
{% macro json_identifier(document, path, kind) %}
    {%- if target.type == 'duckdb' -%}
        {%- if kind == 'integer' -%}
            cast({{ integer_of(json_field(path)) }} as varchar)
        {%- else -%}
            case
                when
                    left({{ json_field(path) }}, 1) not in ('{', '[')
                    or try(json_type({{ document }}, {{ json_path(path) }})) = 'VARCHAR'
                    then {{ json_field(path) }}
            end
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if kind == 'integer' -%}
            cast({{ integer_of('json_value(' ~ json_field(path) ~ ')') }} as string)
        {%- else -%}
            json_value({{ json_field(path) }})
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_identifier is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

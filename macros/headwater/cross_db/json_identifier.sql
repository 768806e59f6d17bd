{#
    The text of an identifier in a document, the same that a base model joins by, or one that
    no base model asks for; never that of an object or array, which holds more.

    @arg document  an expression: the text of the record
    @arg found     the column of json_identifiers()
    @arg paths     the paths given to it
    @arg path      one of them
    @arg kind      string or integer
#}
{% macro json_identifier(document, found, paths, path, kind) %}
    {%- if target.type == 'duckdb' -%}
        {%- set text = found ~ '[' ~ (paths.index(path) + 1) ~ ']' -%}
        {%- if kind == 'integer' -%}
            cast({{ integer_of(text) }} as varchar)
        {%- else -%}
            case
                when
                    left({{ text }}, 1) not in ('{', '[')
                    or try(json_type({{ document }}, {{ json_path(path) }})) = 'VARCHAR'
                    then {{ text }}
            end
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- set steps = [] -%}
        {%- for name in path.split('.') -%}
            {%- do steps.append("['" ~ name ~ "']") -%}
        {%- endfor -%}
        {%- set value = 'json_value(' ~ found ~ steps | join ~ ')' -%}
        {%- if kind == 'integer' -%}
            cast({{ integer_of(value) }} as string)
        {%- else -%}
            {{ value }}
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('json_identifier is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

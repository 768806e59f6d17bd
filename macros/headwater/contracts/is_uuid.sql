{#
    Whether a text is a UUID as JSON Schema has it: 8-4-4-4-12 hexadecimal digits.

    @arg text  an expression
#}
{% macro is_uuid(text) -%}
    {{ regex_match(
        text,
        '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'
    ) }}
{%- endmacro %}

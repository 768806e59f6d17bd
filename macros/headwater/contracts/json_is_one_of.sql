{#
    Whether a JSON value is one of these plain values. Never null.

    @arg value   an expression: a JSON value
    @arg values  dict of the lists `number` (as SQL texts), `string` and `boolean` (true, false
                 as text), and `null`: whether that is one of them
#}
{% macro json_is_one_of(value, values) %}
    {%- set any = [] -%}
    {%- if values.get('number') -%}
        {%- do any.append(
            '(' ~ json_has_type(value, ['number']) ~ ' and ' ~ json_number(value)
            ~ ' in (' ~ values.number | join(', ') ~ '))'
        ) -%}
    {%- endif -%}
    {%- for kind in ['string', 'boolean'] if values.get(kind) -%}
        {%- set listed = [] -%}
        {%- for each in values[kind] -%}
            {%- do listed.append(string_literal(each)) -%}
        {%- endfor -%}
        {%- do any.append(
            '(' ~ json_has_type(value, [kind]) ~ ' and ' ~ json_string(value)
            ~ ' in (' ~ listed | join(', ') ~ '))'
        ) -%}
    {%- endfor -%}
    {%- if values.get('null') -%}
        {%- do any.append(json_has_type(value, ['null'])) -%}
    {%- endif -%}
    (({{ any | join(' or ') or 'false' }}) is true)
{%- endmacro %}

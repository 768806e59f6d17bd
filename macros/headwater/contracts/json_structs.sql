{#
    The items that json_opened() made as a list of structs; empty when one of them holds what
    a column cannot.

    @arg list    an expression
    @arg item    what the fields call an item
    @arg unfit   dict: expression of a list of texts -> the texts that say so
    @arg fields  dict: name of the struct's field -> expression
#}
{% macro json_structs(list, item, unfit, fields) -%}
    {%- set found = [] -%}
    {%- for texts, names in unfit.items() if names -%}
        {%- do found.append(list_has_any(texts, names)) -%}
    {%- endfor -%}
    {%- set whole = 'case when ' ~ found | join(' or ') ~ ' then null else ' ~ list ~ ' end' if found else list -%}
    {{ mapped_list(whole, item, assemble_struct('true', fields)) }}
{%- endmacro %}

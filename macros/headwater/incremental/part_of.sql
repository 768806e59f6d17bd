{#
    The part that a row belongs to, of those into which meta.restate_by cuts a date: the last
    two characters of that column's text, the same on either engine. Of pseudonyms there are
    256, about as large as each other.

    @arg column  an expression
#}
{% macro part_of(column) %}
    {{- 'right(cast(' ~ column ~ ' as string), 2)' -}}
{% endmacro %}

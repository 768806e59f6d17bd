{#
    A predicate by literals, which engines prune by: whether a row was received in a span.

    @arg span   as span_of() returns it; none: no row was
    @arg table  the table's name in the query; none: its columns need none
#}
{% macro received_within(span, table=none) %}
    {%- set column = (table ~ '.' if table else '') ~ 'received_at' -%}
    {%- if span is none -%}
        {{ return('false and ' ~ any_hour(table)) }}
    {%- endif -%}
    {{ return(
        column ~ " >= timestamp '" ~ span.first.strftime('%Y-%m-%d %H:%M:%S') ~ "' and "
        ~ column ~ " < timestamp '" ~ span.end.strftime('%Y-%m-%d %H:%M:%S') ~ "'"
    ) }}
{% endmacro %}


{#
    The delivery hours, from the first to the last, that a query finds.

    @arg hours  a query for hours, column _hour
    @returns dict of first and end (not included), both datetimes; none when there are none
#}
{% macro span_of(hours) %}
    {%- if var('headwater_offline', false) -%}
        {% do return(span_from(modules.datetime.datetime(2026, 1, 1), modules.datetime.datetime(2026, 1, 2))) %}
    {%- endif -%}
    {%- set found = run_query('select min(_hour), max(_hour) from (' ~ hours ~ ') as hours').rows[0] -%}
    {%- if found[0] is none -%}
        {% do return(none) %}
    {%- endif -%}
    {% do return(span_from(found[0], found[1])) %}
{% endmacro %}


{#
    The span from one hour to another, both included.

    @arg first, last  datetimes, of hours
#}
{% macro span_from(first, last) %}
    {% do return({'first': first, 'end': last + modules.datetime.timedelta(hours=1)}) %}
{% endmacro %}


{#
    A span made longer.

    @arg span          as span_of() returns it
    @arg before, after  seconds
#}
{% macro span_widened(span, before, after) %}
    {%- if span is none -%}
        {% do return(none) %}
    {%- endif -%}
    {% do return({
        'first': span.first - modules.datetime.timedelta(seconds=before),
        'end': span.end + modules.datetime.timedelta(seconds=after),
    }) %}
{% endmacro %}


{#
    The shortest span that holds two.

    @arg one, other  as span_of() returns them
#}
{% macro span_of_both(one, other) %}
    {%- if one is none or other is none -%}
        {% do return(one or other) %}
    {%- endif -%}
    {% do return({
        'first': [one.first, other.first] | min, 'end': [one.end, other.end] | max,
    }) %}
{% endmacro %}

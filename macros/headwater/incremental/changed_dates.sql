{#
    The predicate that makes a model incremental by dates.

    Without `ref`: whether a date is one of those that this run restates; true on a full
    build. With `ref`: whether a row of that upstream is needed to restate them. A model
    whose row for day D reads D - before ... D + after of an upstream (meta.windows)
    restates C - after ... C + before for a change on C. Frozen dates are never among them.

    @arg column  a date expression
    @arg ref     the name of the upstream that `column` belongs to; none: this model's own
#}
{% macro changed_dates(column, ref=none) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set restated = restated_dates() -%}
    {%- set window = window_of(ref) if ref else {} -%}
    {%- if restated is none -%}
        {%- set first = frozen_before() if is_incremental() else none -%}
        {%- if first is none -%}
            {{ return('true') }}
        {%- endif -%}
        {%- set first = first - modules.datetime.timedelta(days=window.get('before', 0)) -%}
        {{ return('(' ~ column ~ " >= date '" ~ first.isoformat() ~ "' or " ~ column ~ ' is null)') }}
    {%- endif -%}
    {%- set wanted = [] -%}
    {%- for day in restated -%}
        {%- for each in days_around(day, window.get('before', 0), window.get('after', 0)) -%}
            {%- do wanted.append(each.isoformat()) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not wanted -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(column ~ " in (date '" ~ wanted | unique | sort | join("', date '") ~ "')") }}
{% endmacro %}


{#
    The dates this model has to restate: those logged upstream since it was last built,
    widened by its windows, but no frozen ones (frozen_before). None means all that are not
    frozen: a full build, an upstream that logged a null date, or code that is not the code
    it was built with.

    @returns a sorted list of dates, or none
#}
{% macro restated_dates() %}
    {%- if not is_incremental() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- if var('headwater_offline', false) -%}
        {% do return([modules.datetime.date(2026, 1, 1)]) %}
    {%- endif -%}
    {%- if keeps_frozen_dates() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- set days = [] -%}
    {%- for upstream, window in logged_upstreams().items() -%}
        {%- set since = built_seq(upstream) -%}
        {%- if since is none -%}
            {% do return(none) %}
        {%- endif -%}
        {%- for row in run_query(
            'select distinct changed_date from ' ~ headwater_relation('ops.changed_dates')
            ~ " where model = '" ~ upstream ~ "' and seq > " ~ since
        ).rows -%}
            {%- if row[0] is none -%}
                {% do return(none) %}
            {%- endif -%}
            {%- do days.extend(days_around(row[0], window.after, window.before)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set first = frozen_before() if days else none -%}
    {%- if first is not none -%}
        {% do return(days | unique | select('ge', first) | sort) %}
    {%- endif -%}
    {% do return(days | unique | sort) %}
{% endmacro %}


{#
    A date and those around it, as far as the calendar goes: devices and programs whose clock
    was never set say 0001-01-01.

    @arg day            a date
    @arg before, after  how many days
    @returns list of dates
#}
{% macro days_around(day, before, after) %}
    {% set days = [] %}
    {% for shift in range(-before, after + 1) if 1 <= day.toordinal() + shift <= 3652059 %}
        {% do days.append(day + modules.datetime.timedelta(days=shift)) %}
    {% endfor %}
    {% do return(days) %}
{% endmacro %}


{#
    The sequence number of an upstream that this model's rows account for.

    @arg upstream  a logged model's name
    @returns int, or none when this code was never built on it
#}
{% macro built_seq(upstream) %}
    {%- set rows = run_query(
        'select max(seq) from ' ~ headwater_relation('ops.built')
        ~ " where model = '" ~ key_of(model) ~ "' and upstream = '" ~ upstream
        ~ "' and code = '" ~ code_of_model() ~ "'"
    ).rows -%}
    {% do return(rows[0][0] if rows else none) %}
{% endmacro %}


{#
    Whether ops.built knows this model.

    @arg codes  under one of these; none: under any
#}
{% macro is_marked(codes=none) %}
    {%- if var('headwater_offline', false) -%}
        {% do return(true) %}
    {%- endif -%}
    {%- set rows = run_query(
        'select count(*) from ' ~ headwater_relation('ops.built') ~ " where model = '" ~ key_of(model) ~ "'"
        ~ (" and code in ('" ~ codes | join("', '") ~ "')" if codes is not none else '')
    ).rows -%}
    {% do return(rows[0][0] > 0) %}
{% endmacro %}

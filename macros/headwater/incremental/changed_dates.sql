{#
    The predicate that makes a model incremental by dates.

    Without `ref`: whether a date is one of those that this run restates; true on a full
    build. With `ref`: whether a row of that upstream is needed to restate them. A model
    whose row for day D reads D - before ... D + after of an upstream (meta.windows)
    restates C - after ... C + before for a change on C; with `before: all` it reads
    everything until D + after, and restates C - after and all later dates. With
    meta.period `month` the model's dates are the first days of months, and the predicate
    covers whole months. Frozen dates are never among those restated.

    @arg column  a date expression
    @arg ref     the name of the upstream that `column` belongs to; none: this model's own
#}
{% macro changed_dates(column, ref=none) %}
    {#- a unit test has no table of its own, and its inputs are no upstreams -#}
    {%- if not execute or not this -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set window = window_of(ref) if ref else {} -%}
    {%- set before = window.get('before', 0) -%}
    {%- set batch = backfill_is('batch') if is_incremental() else none -%}
    {%- if batch -%}
        {{ return(within_backfill(column, batch, before, window.get('after', 0))) }}
    {%- endif -%}
    {%- set restated = restated_dates() -%}
    {%- if restated is none -%}
        {%- set first = frozen_before() if is_incremental() else none -%}
        {%- if first is none or before == 'all' -%}
            {{ return('true') }}
        {%- endif -%}
        {%- set first = shifted(first, -before) -%}
        {{ return('(' ~ column ~ " >= date '" ~ first.isoformat() ~ "' or " ~ column ~ ' is null)') }}
    {%- endif -%}
    {{ return(within_dates(column, restated, before, window.get('after', 0))) }}
{% endmacro %}


{#
    The dates this model has to restate: those logged upstream since it was last built,
    widened by its windows, but no frozen ones (frozen_before). None means all that are not
    frozen: a full build, an upstream that logged a null date, or code that is not the code
    it was built with.

    @returns dict: days, a sorted list of dates; since, the date from which on all are
        restated, or none; or none instead of the dict
#}
{% macro restated_dates() %}
    {%- if not is_incremental() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- if var('headwater_offline', false) -%}
        {#- one date, and a date from which on where some window is open: both are SQL then -#}
        {%- set open = logged_upstreams().values() | selectattr('before', 'eq', 'all') | list -%}
        {%- set since = [modules.datetime.date(2026, 3, 1)] if open else [] -%}
        {% do return(joined_dates([modules.datetime.date(2026, 1, 1)], since, none)) %}
    {%- endif -%}
    {%- if keeps_frozen_dates() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- set days = [] -%}
    {%- set since = [] -%}
    {%- for upstream, window in logged_upstreams().items() -%}
        {%- set seq = built_seq(upstream) -%}
        {%- if seq is none -%}
            {% do return(none) %}
        {%- endif -%}
        {%- for row in run_query(
            'select distinct changed_date from ' ~ headwater_relation('ops.changed_dates')
            ~ " where model = '" ~ upstream ~ "' and seq > " ~ seq
        ).rows -%}
            {%- if row[0] is none -%}
                {% do return(none) %}
            {%- elif window.before == 'all' -%}
                {%- do since.append(shifted(row[0], -window.after)) -%}
            {%- else -%}
                {%- do days.extend(days_around(row[0], window.after, window.before)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(joined_dates(days, since, frozen_before() if days or since else none)) %}
{% endmacro %}


{#
    Dates to restate as this model names them: by their periods, once each, none frozen.

    @arg days   list of dates
    @arg since  list of dates from which on all are restated
    @arg first  the first date that is not frozen, or none
    @returns dict, as restated_dates()
#}
{% macro joined_dates(days, since, first) %}
    {%- set from = [] -%}
    {%- if since -%}
        {%- do from.append(period_of(since | min)) -%}
        {%- if first is not none -%}
            {%- do from.append(first) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set open = from | max if from else none -%}
    {%- set kept = [] -%}
    {%- for day in days -%}
        {%- set start = period_of(day) -%}
        {%- if (first is none or start >= first) and (open is none or start < open) -%}
            {%- do kept.append(start) -%}
        {%- endif -%}
    {%- endfor -%}
    {% do return({'days': kept | unique | sort, 'since': open}) %}
{% endmacro %}


{#
    A predicate: whether a date is one of those restated, or so many days before or after.

    @arg column         a date expression
    @arg restated       what restated_dates() returned, not none
    @arg before, after  days; before: or `all`
#}
{% macro within_dates(column, restated, before=0, after=0) %}
    {%- if before == 'all' -%}
        {%- if restated.since is not none -%}
            {{ return('true') }}
        {%- elif not restated.days -%}
            {{ return('false') }}
        {%- endif -%}
        {%- set last = shifted(period_end(restated.days | last), after) -%}
        {{ return(column ~ " <= date '" ~ last.isoformat() ~ "'") }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- set first = none -%}
    {%- if restated.since is not none -%}
        {%- set first = shifted(restated.since, -before) -%}
        {%- do parts.append(column ~ " >= date '" ~ first.isoformat() ~ "'") -%}
    {%- endif -%}
    {%- set wanted = [] -%}
    {%- for day in restated.days -%}
        {%- if model.config.meta.period -%}
            {%- do parts.append(
                column ~ " between date '" ~ shifted(day, -before).isoformat()
                ~ "' and date '" ~ shifted(period_end(day), after).isoformat() ~ "'"
            ) -%}
        {%- else -%}
            {%- for each in days_around(day, before, after) if first is none or each < first -%}
                {%- do wanted.append(each.isoformat()) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if wanted -%}
        {%- do parts.append(column ~ " in (date '" ~ wanted | unique | sort | join("', date '") ~ "')") -%}
    {%- endif -%}
    {%- if parts | length > 1 -%}
        {{ return('(' ~ parts | join(' or ') ~ ')') }}
    {%- endif -%}
    {{ return(parts[0] if parts else 'false') }}
{% endmacro %}


{#
    The date that stands for a date in this model's meta.date: the first of its month with
    meta.period `month`, else the date itself.

    @arg day  a date
#}
{% macro period_of(day) %}
    {% do return(day.replace(day=1) if model.config.meta.period else day) %}
{% endmacro %}


{#
    The last date of what a date of meta.date stands for.

    @arg day  a date that period_of() returned
#}
{% macro period_end(day) %}
    {% if not model.config.meta.period %}
        {% do return(day) %}
    {% elif day.month == 12 %}
        {% do return(day.replace(day=31)) %}
    {% endif %}
    {% do return(day.replace(month=day.month + 1) - modules.datetime.timedelta(days=1)) %}
{% endmacro %}


{#
    A date so many days later, as far as the calendar goes.

    @arg day   a date
    @arg days  how many, negative for earlier
#}
{% macro shifted(day, days) %}
    {% set number = [[day.toordinal() + days, 1] | max, 3652059] | min %}
    {% do return(day.fromordinal(number)) %}
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
    {% do return(backfilled_seq(upstream, rows[0][0] if rows else none)) %}
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

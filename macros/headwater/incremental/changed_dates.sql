{#
    The predicate that makes a model incremental by dates.

    Without `ref`: whether a date is one of those that this run restates; true on a full
    build. With `ref`: whether a row of that upstream is needed to restate them. A model
    whose row for day D reads D - before ... D + after of an upstream (meta.windows)
    restates C - after ... C + before for a change on C; with `before: all` it reads
    everything until D + after, and restates C - after and all later dates. With
    meta.period `month` the model's dates are the first days of months, and the predicate
    covers whole months. Frozen dates are never among those restated.

    With meta.restate_by a row depends on the rows of one value of that column only (a user,
    say), besides those of upstreams that have no such column. Then of a date of which the
    upstreams say so only the parts (part_of) of the values that changed are restated. The
    query that `column` is of has that column, too.

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
    {%- set by = restate_by_of(ref) -%}
    {%- if by and '.' in column -%}
        {#- of `cast(events.occurred_at as date)` it is events.user_id -#}
        {%- set by = (column.split('.')[0].replace('(', ' ').split(' ') | last) ~ '.' ~ by -%}
    {%- endif -%}
    {{ return(within_dates(column, restated, before, window.get('after', 0), by)) }}
{% endmacro %}


{#
    The dates this model has to restate: those logged upstream since it was last built,
    widened by its windows, but no frozen ones (frozen_before). None means all that are not
    frozen: a full build, an upstream that logged a null date, or code that is not the code
    it was built with.

    @returns dict: days, a sorted list of dates; since, the date from which on all are
        restated, or none; parts, of those of the days of which only some are restated their
        parts, by ISO date; or none instead of the dict
#}
{% macro restated_dates() %}
    {%- if not is_incremental() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- if var('headwater_offline', false) -%}
        {#- one date, and a date from which on where some window is open: both are SQL then -#}
        {%- set open = logged_upstreams().values() | selectattr('before', 'eq', 'all') | list -%}
        {%- set since = [modules.datetime.date(2026, 3, 1)] if open else [] -%}
        {%- set parts = {'2026-01-01': ['0f']} if model.config.meta.restate_by else {} -%}
        {% do return(joined_dates([modules.datetime.date(2026, 1, 1)], since, none, parts)) %}
    {%- endif -%}
    {%- if keeps_frozen_dates() -%}
        {% do return(none) %}
    {%- endif -%}
    {%- set days = [] -%}
    {%- set since = [] -%}
    {%- set parts = {} -%}
    {%- set upstreams = logged_upstreams() -%}
    {%- set marks = backfilled_marks(built_marks(), upstreams) -%}
    {%- set known = {} -%}
    {%- for upstream, is_changed, changed, part in run_query(changes_since(marks, upstreams)).rows if upstream in upstreams -%}
        {%- do known.update({upstream: true}) -%}
        {%- set window = upstreams[upstream] -%}
        {%- if not is_changed -%}
            {#- only the mark is there -#}
        {%- elif changed is none -%}
            {% do return(none) %}
        {%- elif window.before == 'all' -%}
            {%- do since.append(shifted(changed, -window.after)) -%}
        {%- else -%}
            {%- set around = days_around(changed, window.after, window.before) -%}
            {%- do days.extend(around) -%}
            {%- do add_part(parts, around, part) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if known | length < upstreams | length -%}
        {#- this code was never built on one of them -#}
        {% do return(none) %}
    {%- endif -%}
    {% do return(joined_dates(days, since, frozen_before() if days or since else none, parts)) %}
{% endmacro %}


{#
    Adds a part to those that some dates restate; once a date is restated whole it stays so.

    @arg parts  changed: ISO date -> list of parts, empty where the date is restated whole
    @arg days   list of dates
    @arg part   none: they are restated whole, as for text that is no name of a part
#}
{% macro add_part(parts, days, part) %}
    {%- for day in days -%}
        {%- set start = period_of(day).isoformat() -%}
        {%- if part is none or not part.isalnum() -%}
            {%- do parts.update({start: []}) -%}
        {%- elif parts.get(start) != [] and part not in parts.get(start, []) -%}
            {%- do parts.setdefault(start, []).append(part) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#
    Dates to restate as this model names them: by their periods, once each, none frozen.

    @arg days   list of dates
    @arg since  list of dates from which on all are restated
    @arg first  the first date that is not frozen, or none
    @arg parts  ISO date -> list of parts, empty or absent where the date is restated whole
    @returns dict, as restated_dates()
#}
{% macro joined_dates(days, since, first, parts={}) %}
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
    {% do return({'days': kept | unique | sort, 'since': open, 'parts': parts}) %}
{% endmacro %}


{#
    A predicate: whether a date is one of those restated, or so many days before or after.

    @arg column         a date expression
    @arg restated       what restated_dates() returned, not none
    @arg before, after  days; before: or `all`
    @arg by             the column that part_of() takes; none: whole dates
#}
{% macro within_dates(column, restated, before=0, after=0, by=none) %}
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
    {%- set some = {} -%}
    {%- for day in restated.days -%}
        {%- set few = restated.parts.get(day.isoformat()) if by else none -%}
        {%- if model.config.meta.period -%}
            {%- do parts.append(
                column ~ " between date '" ~ shifted(day, -before).isoformat()
                ~ "' and date '" ~ shifted(period_end(day), after).isoformat() ~ "'"
                ~ (' and ' ~ is_of_parts(by, "'" ~ few | join(',') ~ "'") if few else '')
            ) -%}
        {%- else -%}
            {%- for each in days_around(day, before, after) if first is none or each < first -%}
                {%- if few -%}
                    {%- do some.setdefault(each.isoformat(), []).extend(few) -%}
                {%- else -%}
                    {%- do wanted.append(each.isoformat()) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set whens = [] -%}
    {%- for each, few in some.items() if each not in wanted -%}
        {%- do whens.append("when date '" ~ each ~ "' then '" ~ few | unique(case_sensitive=true) | join(',') ~ "'") -%}
    {%- endfor -%}
    {%- if wanted -%}
        {%- do parts.append(is_among(column, wanted)) -%}
    {%- endif -%}
    {%- if whens -%}
        {%- set listed = 'case ' ~ column ~ ' ' ~ whens | join(' ') ~ " else '' end" -%}
        {%- do parts.append(is_among(column, some.keys()) ~ ' and ' ~ is_of_parts(by, listed)) -%}
    {%- endif -%}
    {%- if parts | length > 1 -%}
        {{ return('(' ~ parts | join(' or ') ~ ')') }}
    {%- endif -%}
    {{ return(parts[0] if parts else 'false') }}
{% endmacro %}


{#
    A predicate, which engines prune by: whether a date is one of some.

    @arg column  a date expression
    @arg dates   in ISO format
#}
{% macro is_among(column, dates) %}
    {{- column ~ " in (date '" ~ dates | unique | sort | join("', date '") ~ "')" -}}
{% endmacro %}


{#
    A predicate: whether a row is of some parts. To look for it in a text takes a tenth of what
    a condition for each date does.

    @arg by      the column that part_of() takes
    @arg listed  an expression: the parts, with commas between them
#}
{% macro is_of_parts(by, listed) %}
    {{- 'strpos(' ~ listed ~ ", nullif(" ~ part_of(by) ~ ", '')) > 0" -}}
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
    A query for the sequence numbers of its upstreams that this model's rows account for:
    upstream, seq; without those this code was never built on.
#}
{% macro built_marks() %}
    select upstream, max(seq) as seq
    from {{ headwater_relation('ops.built') }}
    where model = '{{ key_of(model) }}' and code = '{{ code_of_model() }}'
    group by upstream
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

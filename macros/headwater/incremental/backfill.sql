{#
    What `headwater backfill` asks of a model, in the environment variable HEADWATER_BACKFILL;
    none: an ordinary build. It is no var of dbt's, for which dbt would parse the whole project
    anew at every batch.

    A step is a dict: `model`, `id` (ops.backfills), `step` (batch | swap), `batch` (its
    number), `first` and `last` (dates; of a base model hours, `last` not included), either of them
    null when there is no bound, `with_null` (rows without a date, too), `is_all` (a backfill of
    all of the history), `since` (upstream -> the sequence number it began at).

    @arg node  a node of the graph; none: the model at hand
    @returns the step, or none
#}
{% macro backfill_step(node=none) %}
    {% if not execute or var('headwater_offline', false) %}
        {% do return(none) %}
    {% endif %}
    {% set step = fromjson(env_var('HEADWATER_BACKFILL', '{}')) %}
    {% do return(step if step.get('model') == key_of(node or model) else none) %}
{% endmacro %}


{#
    The step, if it is one of this kind.

    @arg kind  batch | swap
#}
{% macro backfill_is(kind) %}
    {% set step = backfill_step() %}
    {% do return(step if step and step.step == kind else none) %}
{% endmacro %}


{#
    Where the batches of a model by dates are built, until a swap puts them in its place: a
    table of a schema that nobody reads.
#}
{% macro backfill_aside() %}
    {% do return(headwater_relation('backfill.' ~ key_of(model) | replace('.', '_'))) %}
{% endmacro %}


{#
    A predicate: whether a date is one of a step's, or so many days before or after.

    @arg column         a date expression
    @arg step           backfill_step() of a model by dates
    @arg before, after  days; before: or `all`
#}
{% macro within_backfill(column, step, before=0, after=0) %}
    {%- set parts = [] -%}
    {%- if step.first and before != 'all' -%}
        {%- set first = shifted(modules.datetime.date.fromisoformat(step.first), -before) -%}
        {%- do parts.append(column ~ " >= date '" ~ first.isoformat() ~ "'") -%}
    {%- endif -%}
    {%- if step.last -%}
        {%- set last = shifted(modules.datetime.date.fromisoformat(step.last), after) -%}
        {%- do parts.append(column ~ " <= date '" ~ last.isoformat() ~ "'") -%}
    {%- endif -%}
    {%- if not parts -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set within = parts | join(' and ') -%}
    {{ return('(' ~ within ~ (' or ' ~ column ~ ' is null' if step.with_null else '') ~ ')') }}
{% endmacro %}


{#
    A predicate: whether a row of raw is of the hours of a step.

    @arg step    backfill_step() of a base model
    @arg column  the time it was received at, an expression
#}
{% macro in_backfilled_hours(step, column='received_at') %}
    {{- column }} >= timestamp '{{ step.first }}' and {{ column }} < timestamp '{{ step.last }}'
{%- endmacro %}


{#
    What the strategy `dates` runs for a batch: its rows go aside, in the place of what a killed
    batch of the same dates left there.

    @arg new   the relation of the batch's rows
    @arg step  the batch
#}
{% macro backfill_batch_sql(new, step) %}
    {%- set aside = backfill_aside() -%}
    {%- do adapter.create_schema(aside.without_identifier()) -%}
    {% set statements %}
    delete from {{ aside }} where {{ within_backfill(model.config.meta.date, step) }};
    insert into {{ aside }} select * from {{ new }};
    {% endset %}
    create table if not exists {{ aside }} as select * from {{ new }} where false;
    {{ in_transaction(statements) }}
{% endmacro %}


{#
    The dates that a swap has restated: those of the backfill, and those that changed upstream
    meanwhile.

    @arg restated  restated_dates()
    @returns dict or none, as restated_dates()
#}
{% macro with_backfilled(restated) %}
    {% set step = backfill_is('swap') %}
    {% if not step or restated is none %}
        {% do return(restated) %}
    {% elif step.is_all %}
        {% do return(none) %}
    {% endif %}
    {% set first = modules.datetime.date.fromisoformat(step.first) %}
    {% set last = modules.datetime.date.fromisoformat(step.last) %}
    {% set days = restated.days + days_around(first, 0, (last - first).days) %}
    {% set since = [restated.since] if restated.since is not none else [] %}
    {% do return(joined_dates(days, since, frozen_before())) %}
{% endmacro %}


{#
    A query, as built_marks(), for the sequence numbers of upstreams from which on a swap has to
    catch up: what changed there since the batches began, and, where the backfill is not of all
    dates, since the model was built.

    @arg marks      built_marks()
    @arg upstreams  names
#}
{% macro backfilled_marks(marks, upstreams) %}
    {%- set step = backfill_is('swap') -%}
    {%- if not step -%}
        {{ return(marks) }}
    {%- endif -%}
    {%- set begun = [] -%}
    {%- for upstream in upstreams if step.since.get(upstream) is not none -%}
        {%- do begun.append("select '" ~ upstream ~ "' as upstream, " ~ step.since[upstream] ~ ' as seq') -%}
    {%- endfor -%}
    {%- set begun = begun | join(' union all ') if begun else "select '' as upstream, 0 as seq" -%}
    {%- if step.is_all -%}
        {{ return(begun) }}
    {%- endif -%}
    select begun.upstream, least(begun.seq, marks.seq) as seq
    from ({{ begun }}) as begun
    inner join ({{ marks }}) as marks
        on begun.upstream = marks.upstream
{% endmacro %}


{#
    Says in ops that a step is done, in the transaction that does it.

    @arg step  backfill_step(), or none
#}
{% macro finish_backfill_step(step) %}
    {%- if step and step.step == 'batch' %}
    {%- set is_base = model.config.meta.contract_hash is defined -%}
    update {{ headwater_relation('ops.backfill_batches') }}
    set
        finished_at = {{ utc_now() }},
        row_count = (
            select count(*)
            from {{ this if is_base else backfill_aside() }}
            where
                {{ in_backfilled_hours(step, '_hour') if is_base
                    else within_backfill(model.config.meta.date, step) }}
        )
    where backfill_id = '{{ step.id }}' and batch = {{ step.batch }};
    {%- elif step %}
    update {{ headwater_relation('ops.backfills') }}
    set status = 'swapped'
    where backfill_id = '{{ step.id }}';
    {%- endif %}
{% endmacro %}

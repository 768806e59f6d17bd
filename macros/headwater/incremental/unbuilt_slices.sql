{#
    A predicate on raw.<event>: the slices (load x delivery hour) that the base model does
    not hold as its event contract has them (held_slices). There is no watermark, so no gap can be
    skipped. The bounds are literals for the engines to prune by. In a backfill: all slices of
    its hours.

    @arg source  the relation of raw.<event>; default: the model's only source
#}
{% macro unbuilt_slices(source=none) %}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set step = backfill_step() -%}
    {%- if step -%}
        {{ return(in_backfilled_hours(step)) }}
    {%- endif -%}
    {%- set raw = source or headwater_relation('raw.' ~ model.config.meta.event_type) -%}
    {%- set missing -%}
        select delivered._load_id, delivered._hour
        from (
            select distinct _load_id, {{ hour_of('received_at') }} as _hour from {{ raw }}
        ) as delivered
        left join (
            {{ held_slices(this, code_of_model(), model.config.meta.compatible | default({})) }}
        ) as held
            on delivered._load_id = held._load_id and delivered._hour = held._hour
        where held._load_id is null
    {%- endset -%}
    {%- if var('headwater_offline', false) -%}
        {{ return("received_at >= timestamp '2026-01-01 00:00:00' and " ~ slice_in(missing)) }}
    {%- endif -%}
    {%- set bounds = run_query(
        'select count(*), min(_load_id), max(_load_id), min(_hour), max(_hour) from (' ~ missing ~ ') as missing'
    ).rows[0] -%}
    {%- if bounds[0] == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set first = bounds[3].strftime('%Y-%m-%d %H:%M:%S') -%}
    {%- set last = (bounds[4] + modules.datetime.timedelta(hours=1)).strftime('%Y-%m-%d %H:%M:%S') -%}
    {{ return(
        'received_at >= timestamp \'' ~ first ~ '\' and received_at < timestamp \'' ~ last ~ '\''
        ~ ' and _load_id between ' ~ bounds[1] ~ ' and ' ~ bounds[2]
        ~ ' and ' ~ slice_in(missing)
    ) }}
{% endmacro %}

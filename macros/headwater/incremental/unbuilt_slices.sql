{#
    A predicate on raw.<event>: the slices (load x delivery hour) that the base model does
    not hold as its event contract has them (held_slices). There is no watermark, so no gap can be
    skipped. The bounds are literals for the engines to prune by. In a backfill: all slices of
    its hours.

    @arg source  the relation of raw.<event>; default: the model's only source
#}
{% macro unbuilt_slices(source=none) %}
    {%- if not execute or not is_incremental() -%}
        {{ return(any_hour()) }}
    {%- endif -%}
    {%- set step = backfill_step() -%}
    {%- if step -%}
        {{ return(in_backfilled_hours(step)) }}
    {%- endif -%}
    {%- set raw = source or headwater_relation('raw.' ~ model.config.meta.event_type) -%}
    {%- if var('headwater_offline', false) -%}
        {%- set within = received_within(span_of('')) -%}
        {{ return(within ~ ' and ' ~ slice_in(unbuilt_query(raw, within))) }}
    {%- endif -%}
    {%- set bounds = run_query(
        'select count(*), min(_load_id), max(_load_id), min(_hour), max(_hour) from ('
        ~ unbuilt_query(raw, any_hour()) ~ ') as missing'
    ).rows[0] -%}
    {%- if bounds[0] == 0 -%}
        {{ return(received_within(none)) }}
    {%- endif -%}
    {%- set within = received_within(span_from(bounds[3], bounds[4])) -%}
    {{ return(
        within ~ ' and _load_id between ' ~ bounds[1] ~ ' and ' ~ bounds[2]
        ~ ' and ' ~ slice_in(unbuilt_query(raw, within))
    ) }}
{% endmacro %}


{#
    A query for the slices of raw.<event> that base lacks, received within a span.

    @arg raw     the relation of raw.<event>
    @arg within  a predicate on received_at, of raw and of base
#}
{% macro unbuilt_query(raw, within) %}
    select delivered._load_id, delivered._hour
    from (
        select distinct _load_id, {{ hour_of('received_at') }} as _hour
        from {{ raw }}
        where {{ within }}
    ) as delivered
    left join (
        {{ held_slices(
            this, code_of_model(), model.config.meta.compatible | default({}), within
        ) }}
    ) as held
        on delivered._load_id = held._load_id and delivered._hour = held._hour
    where held._load_id is null
{% endmacro %}

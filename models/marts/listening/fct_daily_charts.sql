-- One row per date, country and rank from 1 to 50
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'chart_date', 'data_type': 'date'},
    meta={
        'date': 'chart_date',
        'windows': {'fct_streams': {'before': 1}},
    },
) }}

with

streams as (
    select * from {{ ref('fct_streams') }}
    where
        {{ changed_dates('stream_date', 'fct_streams') }}
        and country is not null
),

tracks as (
    select
        stream_date as chart_date,
        country,
        track_id,
        count(*) as streams,
        count(distinct user_id) as listeners
    from streams
    group by stream_date, country, track_id
),

ranked as (
    select
        *,
        -- no two tracks of a chart share an id, so no rank is shared or left out
        row_number() over (
            partition by chart_date, country
            order by streams desc, listeners desc, track_id asc
        ) as chart_rank
    from tracks
),

charts as (
    select * from ranked
    where chart_rank <= 50
),

compared_charts as (
    select
        charts.*,
        previous_charts.chart_rank as previous_rank
    from charts
    left outer join charts as previous_charts
        on
            charts.chart_date = previous_charts.chart_date + 1
            and charts.country = previous_charts.country
            and charts.track_id = previous_charts.track_id
),

final as (
    select
        chart_date,
        country,
        chart_rank as rank,
        track_id,
        streams,
        listeners,
        previous_rank,
        previous_rank - chart_rank as movement
    from compared_charts
    where {{ changed_dates('chart_date') }}
)

select * from final

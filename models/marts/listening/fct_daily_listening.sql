-- One row per date and country in which something was streamed
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'stream_date', 'data_type': 'date'},
    meta={'date': 'stream_date'},
) }}

with

streams as (
    select * from {{ ref('fct_streams') }}
    where {{ changed_dates('stream_date') }}
),

final as (
    select
        stream_date,
        coalesce(country, 'unknown') as country,
        count(*) as streams,
        count(distinct user_id) as listeners,
        count(distinct track_id) as tracks,
        cast(countif(is_completed) as bigint) as completed_streams,
        cast(sum(ms_played) as bigint) as ms_played
    from streams
    group by stream_date, country
)

select * from final

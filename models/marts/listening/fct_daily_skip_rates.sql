-- One row per date and platform with at least one play that ended on the date
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'activity_date', 'data_type': 'date'},
    meta={'date': 'activity_date'},
) }}

with

plays as (
    select * from {{ ref('int_track_plays') }}
    where {{ changed_dates('play_date') }}
),

final as (
    select
        play_date as activity_date,
        platform,
        count(*) as plays,
        cast(countif(is_skipped) as bigint) as skips,
        countif(is_skipped) / count(*) as skip_rate,
        cast(sum(ms_played) as bigint) as ms_played
    from plays
    group by play_date, platform
)

select * from final

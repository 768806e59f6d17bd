-- One row per medium on a page view
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'play_date', 'data_type': 'date'},
    meta={
        'date': 'play_date',
        'windows': {'int_plays': {'before': 60, 'after': 60}},
    },
) }}

with

plays as (
    select * from {{ ref('int_plays') }}
    where {{ changed_dates('play_date') }}
),

final as (
    select
        play_id,
        play_date,
        page_view_id,
        media_id,
        media_label,
        domain_sessionid,
        domain_userid,
        duration,
        media_type,
        media_player_type,
        page_referrer,
        page_url,
        source_url,
        geo_region_name,
        br_name,
        dvce_type,
        os_name,
        os_timezone,
        video_width,
        started_at,
        ended_at,
        play_time_sec,
        play_time_sec_muted,
        is_played,
        is_valid_play,
        is_complete_play,
        avg_playback_rate,
        retention_rate,
        seeks,
        percent_progress_reached
    from plays
)

select * from final

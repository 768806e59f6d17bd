-- One row per stream: a play of at least 30 seconds
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'stream_date', 'data_type': 'date'},
    meta={'date': 'stream_date', 'restate_by': 'user_id'},
) }}

with

plays as (
    select * from {{ ref('int_track_plays') }}
    where {{ changed_dates('play_date') }}
),

final as (
    select
        play_id as stream_id,
        play_date as stream_date,
        ended_at,
        user_id,
        session_id,
        track_id,
        main_artist_id,
        ms_played,
        platform,
        country,
        reason_end = 'trackdone' as is_completed,
        is_shuffle,
        is_offline
    from plays
    where is_stream
)

select * from final

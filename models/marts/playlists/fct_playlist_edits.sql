-- One row per edit: a track added to or removed from a playlist, liked or unliked
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'edit_date', 'data_type': 'date'},
    meta={'date': 'edit_date', 'restate_by': 'user_id'},
) }}

with

added as (
    select * from {{ ref('stg_playlist_track_added') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

removed as (
    select * from {{ ref('stg_playlist_track_removed') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

likes as (
    select * from {{ ref('stg_track_liked') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

edits as (
    select
        event_id,
        occurred_at,
        user_id,
        'added' as edit,
        playlist_id,
        track_id,
        position
    from added
    union all
    select
        event_id,
        occurred_at,
        user_id,
        'removed' as edit,
        playlist_id,
        track_id,
        position
    from removed
    union all
    select
        event_id,
        occurred_at,
        user_id,
        case when is_liked then 'liked' else 'unliked' end as edit,
        {{ null_string() }} as playlist_id,
        track_id,
        cast(null as bigint) as position
    from likes
),

final as (
    select
        event_id as edit_event_id,
        cast(occurred_at as date) as edit_date,
        occurred_at as edited_at,
        user_id,
        edit,
        playlist_id,
        track_id,
        position
    from edits
)

select * from final

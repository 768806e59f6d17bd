-- One row per medium
with

plays as (
    select
        *,
        concat(',', percent_progress_reached, ',') as marks
    from {{ ref('fct_plays') }}
),

counted as (
    select
        media_id,
        max(media_label) as media_label,
        max(duration) as duration,
        max(media_type) as media_type,
        max(media_player_type) as media_player_type,
        sum(case when is_played then play_time_sec end) / 60 as play_time_min,
        min(case when is_played then started_at end) as first_play_at,
        max(case when is_played then started_at end) as last_play_at,
        cast(countif(is_played) as bigint) as plays,
        cast(countif(is_valid_play) as bigint) as valid_plays,
        cast(countif(is_complete_play) as bigint) as complete_plays,
        count(*) as impressions,
        coalesce(
            avg(case when is_played then avg_playback_rate end),
            avg(avg_playback_rate)
        ) as avg_playback_rate,
        avg(
            case when is_played then play_time_sec / duration end
        ) as avg_percent_played,
        avg(case when is_played then retention_rate end) as avg_retention_rate,
        cast(countif(marks like '%,10,%') as bigint) as reached_10_percent,
        cast(countif(marks like '%,25,%') as bigint) as reached_25_percent,
        cast(countif(marks like '%,50,%') as bigint) as reached_50_percent,
        cast(countif(marks like '%,75,%') as bigint) as reached_75_percent,
        cast(countif(marks like '%,100,%') as bigint) as reached_100_percent
    from plays
    group by media_id
),

final as (
    select
        *,
        play_time_min / nullif(plays, 0) as avg_play_time_min,
        nullif(plays, 0) / impressions as play_rate,
        complete_plays / nullif(plays, 0) as completion_rate_by_plays
    from counted
)

select * from final

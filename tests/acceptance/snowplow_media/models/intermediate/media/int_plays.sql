-- One row per medium on a page view
with

events as (
    select
        *,
        first_sought_at is null or occurred_at <= first_sought_at as is_before_seek
    from {{ ref('int_media_events') }}
),

marks as (
    select distinct
        play_id,
        mark
    from events
    where mark is not null
),

reached as (
    select
        play_id,
        string_agg(cast(mark as string), ',' order by mark) as percent_progress_reached
    from marks
    group by play_id
),

plays as (
    select
        play_id,
        min(page_view_id) as page_view_id,
        min(media_id) as media_id,
        max(media_label) as media_label,
        min(first_sessionid) as domain_sessionid,
        max(domain_userid) as domain_userid,
        round(max(duration)) as duration,
        max(duration) as exact_duration,
        max(media_type) as media_type,
        max(media_player_type) as media_player_type,
        max(page_referrer) as page_referrer,
        max(page_url) as page_url,
        max(source_url) as source_url,
        max(geo_region_name) as geo_region_name,
        max(br_name) as br_name,
        max(dvce_type) as dvce_type,
        max(os_name) as os_name,
        max(os_timezone) as os_timezone,
        max(video_width) as video_width,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        cast(coalesce(sum(seconds_earned), 0) as bigint) as play_time_sec,
        cast(
            coalesce(sum(case when is_muted then seconds_earned end), 0) as bigint
        ) as play_time_sec_muted,
        countif(media_event = 'play') > 0 as is_played,
        coalesce(
            sum(playback_rate * seconds_earned) / nullif(sum(seconds_earned), 0),
            max(playback_rate)
        ) as avg_playback_rate,
        coalesce(
            max(case when is_before_seek then mark end),
            0
        ) / 100 as retention_rate,
        cast(countif(media_event in ('seek', 'seeked')) as bigint) as seeks
    from events
    group by play_id
),

final as (
    select
        plays.*,
        cast(plays.started_at as date) as play_date,
        plays.play_time_sec > 30 as is_valid_play,
        plays.play_time_sec >= 0.99 * max(plays.exact_duration) over (
            partition by plays.media_id
        ) as is_complete_play,
        reached.percent_progress_reached
    from plays
    left outer join reached
        on plays.play_id = reached.play_id
)

select * from final

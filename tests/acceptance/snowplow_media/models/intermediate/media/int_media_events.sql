-- One row per web event of a player on a page view, with what its contexts say
{% set page_views = 'events.contexts_com_snowplowanalytics_snowplow_web_page_1_0_0' %}

with

events as (
    select * from {{ ref('stg_web_event') }}
),

actions as (
    select * from {{ ref('stg_media_player_event') }}
),

players as (
    select * from {{ ref('stg_media_player') }}
),

youtube as (
    select * from {{ ref('stg_youtube') }}
),

elements as (
    select * from {{ ref('stg_media_element') }}
),

videos as (
    select * from {{ ref('stg_video_element') }}
),

joined as (
    select
        events.event_id,
        events.occurred_at,
        events.domain_sessionid,
        events.domain_userid,
        events.page_url,
        events.page_referrer,
        events.geo_region_name,
        events.br_name,
        events.os_name,
        events.os_timezone,
        events.dvce_type,
        {{ first_item(page_views) }}.id as page_view_id,
        actions.type as media_event,
        actions.label as media_label,
        players.duration,
        players.playback_rate,
        players.muted as is_muted,
        coalesce(youtube.player_id, elements.html_id) as media_id,
        coalesce(youtube.url, elements.current_src) as source_url,
        coalesce(lower(elements.media_type), 'video') as media_type,
        case
            when youtube.event_id is not null then 'com.youtube-youtube'
            when elements.event_id is not null then 'org.whatwg-media_element'
        end as media_player_type,
        videos.video_width,
        case
            when actions.type = 'ended' then 100
            when players.percent_progress in (10, 25, 50, 75, 100)
                then players.percent_progress
        end as mark
    from events
    inner join actions
        on
            events.event_id = actions.root_id
            and events.received_at = actions.received_at
    inner join players
        on
            events.event_id = players.root_id
            and events.received_at = players.received_at
    left outer join youtube
        on
            events.event_id = youtube.root_id
            and events.received_at = youtube.received_at
    left outer join elements
        on
            events.event_id = elements.root_id
            and events.received_at = elements.received_at
    left outer join videos
        on
            events.event_id = videos.root_id
            and events.received_at = videos.received_at
),

final as (
    select
        *,
        {{ record_hash("page_view_id || '-' || media_id") }} as play_id,
        first_value(domain_sessionid) over (
            partition by page_view_id, media_id
            order by occurred_at, event_id
        ) as first_sessionid,
        -- What a mark earns of the duration: the share that was heard to reach it.
        round(
            duration * case mark
                when 10 then 0.10
                when 25 then 0.15
                when 50 then 0.25
                when 75 then 0.25
                when 100 then 0.25
            end
        ) as seconds_earned,
        min(case when media_event in ('seek', 'seeked') then occurred_at end) over (
            partition by page_view_id, media_id
        ) as first_sought_at
    from joined
    where media_id is not null
)

select * from final

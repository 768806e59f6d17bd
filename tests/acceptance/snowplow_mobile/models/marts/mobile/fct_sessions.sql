-- One row per session
with

events as (
    select * from {{ ref('int_mobile_events') }}
),

screen_views as (
    select * from {{ ref('fct_screen_views') }}
),

viewed as (
    select
        session_id,
        count(*) as screen_views,
        count(distinct screen_view_name) as screen_names_viewed
    from screen_views
    group by session_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by session_id
            order by occurred_at, event_id
        ) as number_from_start,
        row_number() over (
            partition by session_id
            order by occurred_at desc, event_id desc
        ) as number_from_end
    from events
),

sessions as (
    select
        session_id,
        min(session_index) as session_index,
        min(previous_session_id) as previous_session_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(case when number_from_start = 1 then user_id end) as user_id,
        min(case when number_from_start = 1 then device_user_id end) as device_user_id,
        min(case when number_from_start = 1 then event_name end) as first_event_name,
        min(case when number_from_end = 1 then event_name end) as last_event_name,
        min(case when number_from_end = 1 then event_id end) as last_event_id
    from ranked
    group by session_id
),

final as (
    select
        sessions.session_id,
        sessions.session_index,
        sessions.previous_session_id,
        sessions.started_at,
        sessions.ended_at,
        sessions.user_id,
        sessions.device_user_id,
        sessions.first_event_name,
        sessions.last_event_name,
        sessions.last_event_id,
        coalesce(viewed.screen_views, 0) as screen_views,
        coalesce(viewed.screen_names_viewed, 0) as screen_names_viewed
    from sessions
    left outer join viewed
        on sessions.session_id = viewed.session_id
)

select * from final

-- One row per mobile event that belongs to a session, within three days of its start
with

events as (
    select * from {{ ref('stg_mobile_event') }}
),

sessions as (
    select * from {{ ref('stg_mobile_session') }}
),

joined as (
    select
        events.event_id,
        events.event_name,
        events.occurred_at,
        events.received_at,
        cast(events.dvce_created_tstamp as timestamp) as device_created_at,
        events.user_id,
        events.network_userid,
        events.platform,
        events.dvce_screenwidth,
        events.dvce_screenheight,
        events.geo_country,
        events.geo_city,
        sessions.session_id,
        sessions.session_index,
        sessions.previous_session_id,
        sessions.first_event_id as session_first_event_id,
        sessions.user_id as device_user_id
    from events
    inner join sessions
        on
            events.event_id = sessions.root_id
            and events.received_at = sessions.received_at
),

begun as (
    select
        *,
        min(occurred_at) over (partition by session_id) as session_started_at
    from joined
),

final as (
    select
        event_id,
        event_name,
        cast(occurred_at as date) as event_date,
        occurred_at,
        received_at,
        device_created_at,
        user_id,
        network_userid,
        platform,
        dvce_screenwidth,
        dvce_screenheight,
        geo_country,
        geo_city,
        session_id,
        session_index,
        previous_session_id,
        session_first_event_id,
        device_user_id,
        session_started_at
    from begun
    where occurred_at <= {{ add_seconds('session_started_at', 3 * 86400) }}
)

select * from final

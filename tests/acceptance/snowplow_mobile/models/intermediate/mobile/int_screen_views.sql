-- One row per screen view: its first event
with

events as (
    select * from {{ ref('int_mobile_events') }}
),

screens as (
    select * from {{ ref('stg_mobile_screen_view') }}
),

places as (
    select * from {{ ref('stg_mobile_geolocation') }}
),

seen as (
    select
        screens.id as screen_view_id,
        screens.name as screen_view_name,
        screens.type as screen_view_type,
        screens.transition_type as screen_view_transition_type,
        screens.previous_id as screen_view_previous_id,
        places.latitude as device_latitude,
        places.longitude as device_longitude,
        events.*,
        row_number() over (
            partition by screens.id
            order by events.occurred_at, events.event_id
        ) as copy_number
    from events
    inner join screens
        on
            events.event_id = screens.root_id
            and events.received_at = screens.received_at
    left outer join places
        on
            events.event_id = places.root_id
            and events.received_at = places.received_at
),

final as (
    select
        *,
        row_number() over (
            partition by session_id
            order by occurred_at, event_id
        ) as screen_view_in_session_index,
        count(*) over (partition by session_id) as screen_views_in_session
    from seen
    where copy_number = 1
)

select * from final

-- One row per screen view
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'screen_view_date', 'data_type': 'date'},
    meta={
        'date': 'screen_view_date',
        'windows': {'int_screen_views': {'before': 60, 'after': 60}},
    },
) }}

with

screen_views as (
    select * from {{ ref('int_screen_views') }}
    where {{ changed_dates('event_date') }}
),

final as (
    select
        screen_view_id,
        event_id,
        event_date as screen_view_date,
        user_id,
        device_user_id,
        network_userid,
        session_id,
        session_index,
        previous_session_id,
        session_first_event_id,
        screen_view_in_session_index,
        screen_views_in_session,
        device_created_at,
        received_at,
        occurred_at,
        screen_view_name,
        screen_view_transition_type,
        screen_view_type,
        screen_view_previous_id,
        platform,
        dvce_screenwidth,
        dvce_screenheight,
        device_latitude,
        device_longitude,
        geo_country,
        geo_city
    from screen_views
)

select * from final

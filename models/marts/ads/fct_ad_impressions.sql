-- One row per showing of an advertisement
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'impression_date', 'data_type': 'date'},
    meta={
        'date': 'impression_date',
        'restate_by': 'user_id',
        'windows': {'stg_ad_clicked': {'after': 1}},
    },
) }}

with

impressions as (
    select * from {{ ref('stg_ad_impression') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

clicks as (
    select * from {{ ref('stg_ad_clicked') }}
    where {{ changed_dates('cast(occurred_at as date)', 'stg_ad_clicked') }}
),

-- an event id comes back where copies are further apart than the look-back, and such a copy
-- may say another time
first_clicks as (
    select
        shown.event_id as impression_event_id,
        shown.occurred_at as shown_at,
        min(clicks.occurred_at) as clicked_at
    from impressions as shown
    inner join clicks
        on
            shown.impression_id = clicks.impression_id
            and shown.user_id = clicks.user_id
            and shown.occurred_at <= clicks.occurred_at
            and clicks.occurred_at <= {{ add_seconds('shown.occurred_at', 86400) }}
    group by impression_event_id, shown_at
),

final as (
    select
        impressions.event_id as impression_event_id,
        impressions.impression_id,
        cast(impressions.occurred_at as date) as impression_date,
        impressions.occurred_at as shown_at,
        impressions.user_id,
        impressions.session_id,
        impressions.ad_id,
        impressions.campaign_id,
        impressions.slot,
        impressions.revenue_usd,
        first_clicks.clicked_at is not null as is_clicked,
        first_clicks.clicked_at
    from impressions
    left outer join first_clicks
        on
            impressions.event_id = first_clicks.impression_event_id
            and impressions.occurred_at = first_clicks.shown_at
)

select * from final

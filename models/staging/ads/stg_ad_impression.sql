-- One row per valid ad_impression event: its first copy within the look-back
-- Generated from contracts/ads/ad_impression.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_ad_impression') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        session_id,
        impression_id,
        ad_id,
        campaign_id,
        slot,
        revenue_usd
    from base
    where is_first_valid_copy
)

select * from final

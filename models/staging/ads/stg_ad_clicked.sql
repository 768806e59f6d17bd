-- One row per valid ad_clicked event: its first copy within the look-back
-- Generated from contracts/ads/ad_clicked.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_ad_clicked') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        impression_id,
        ad_id
    from base
    where is_first_valid_copy
)

select * from final

-- One row per valid search_result_clicked event: its first copy within the look-back
-- Generated from contracts/search/search_result_clicked.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_search_result_clicked') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        session_id,
        search_id,
        position,
        track_id
    from base
    where is_first_valid_copy
)

select * from final

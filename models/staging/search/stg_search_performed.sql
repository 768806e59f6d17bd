-- One row per valid search_performed event: its first copy within the look-back
-- Generated from contracts/search/search_performed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_search_performed') }}
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
        result_count,
        clicked_position,
        latency_ms,
        filters,
        is_voice,
        first_key_at,
        {{ assemble_struct('has_page', {
            'number': 'page__number',
            'size': 'page__size',
        }) }} as page
    from base
    where is_first_valid_copy
)

select * from final

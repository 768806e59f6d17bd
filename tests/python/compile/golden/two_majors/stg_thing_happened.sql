-- One row per valid thing_happened event of version 1: its first copy within the look-back
-- Generated from contracts/things/thing_happened.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_thing_happened') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        person,
        kind,
        size,
        share,
        is_new,
        tags,
        seen_at,
        {{ assemble_struct('has_device', {
            'os': 'device__os',
        }) }} as device
    from base
    where
        is_first_valid_copy
        and coalesce(_major, 1) = 1
)

select * from final

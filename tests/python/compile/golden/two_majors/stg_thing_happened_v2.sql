-- One row per valid thing_happened event of version 2: its first copy within the look-back
-- Generated from contracts/things/thing_happened.v2.yml by `headwater sync`: edit that
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
        tags,
        {{ assemble_struct('has_device', {
            'os': 'device__os',
        }) }} as device,
        size__v2 as size,
        colours
    from base
    where
        is_first_valid_copy
        and _major = 2
)

select * from final

-- One row per things record that breaks its event contract, with the reasons
-- Generated from contracts/things/ by `headwater sync`: edit that
with final as (
    select
        'thing_happened' as event_type,
        received_at,
        schema_version,
        violations,
        unknown_fields,
        _hour,
        _contract_hash,
        _file,
        _file_id,
        _line,
        _load_id
    from {{ ref('base_thing_happened') }}
    where not is_valid
)

select * from final

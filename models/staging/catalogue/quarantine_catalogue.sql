-- One row per catalogue record that breaks its event contract, with the reasons
-- Generated from contracts/catalogue/ by `headwater sync`: edit that
with final as (
    select
        'catalogue_track_changed' as event_type,
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
    from {{ ref('base_catalogue_track_changed') }}
    where not is_valid
)

select * from final

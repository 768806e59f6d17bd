-- One row per ads record that breaks its event contract, with the reasons
-- Generated from contracts/ads/ by `headwater sync`: edit that
with final as (
    select
        'ad_clicked' as event_type,
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
    from {{ ref('base_ad_clicked') }}
    where not is_valid
    union all
    select
        'ad_impression' as event_type,
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
    from {{ ref('base_ad_impression') }}
    where not is_valid
)

select * from final

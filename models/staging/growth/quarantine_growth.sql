-- One row per growth record that breaks its event contract, with the reasons
-- Generated from contracts/growth/ by `headwater sync`: edit that
with final as (
    select
        'account_created' as event_type,
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
    from {{ ref('base_account_created') }}
    where not is_valid
    union all
    select
        'subscription_changed' as event_type,
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
    from {{ ref('base_subscription_changed') }}
    where not is_valid
)

select * from final

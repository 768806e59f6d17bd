-- One row per app record that breaks its event contract, with the reasons
-- Generated from contracts/app/ by `headwater sync`: edit that
with final as (
    select
        'app_crashed' as event_type,
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
    from {{ ref('base_app_crashed') }}
    where not is_valid
    union all
    select
        'screen_viewed' as event_type,
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
    from {{ ref('base_screen_viewed') }}
    where not is_valid
    union all
    select
        'session_started' as event_type,
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
    from {{ ref('base_session_started') }}
    where not is_valid
)

select * from final

-- One row per listening record that breaks its event contract, with the reasons
-- Generated from contracts/listening/ by `headwater sync`: edit that
with final as (
    select
        'playback_failed' as event_type,
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
    from {{ ref('base_playback_failed') }}
    where not is_valid
    union all
    select
        'track_played' as event_type,
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
    from {{ ref('base_track_played') }}
    where not is_valid
)

select * from final

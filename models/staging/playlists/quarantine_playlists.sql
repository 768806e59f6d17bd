-- One row per playlists record that breaks its event contract, with the reasons
-- Generated from contracts/playlists/ by `headwater sync`: edit that
with final as (
    select
        'playlist_track_added' as event_type,
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
    from {{ ref('base_playlist_track_added') }}
    where not is_valid
    union all
    select
        'playlist_track_removed' as event_type,
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
    from {{ ref('base_playlist_track_removed') }}
    where not is_valid
    union all
    select
        'track_liked' as event_type,
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
    from {{ ref('base_track_liked') }}
    where not is_valid
)

select * from final

-- One row per valid catalogue_track_changed event: its first copy within the look-back
-- Generated from contracts/catalogue/catalogue_track_changed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_catalogue_track_changed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        track_id,
        change,
        title,
        artist_ids,
        artist_name,
        album_title,
        duration_ms,
        rights_holder_id,
        rights_holder_name
    from base
    where is_first_valid_copy
)

select * from final

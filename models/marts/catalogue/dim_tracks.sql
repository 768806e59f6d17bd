-- One row per track and period in which nothing the catalogue says of it changed
with

versions as (
    select * from {{ ref('int_track_versions') }}
),

final as (
    select
        track_id,
        title,
        main_artist_id,
        album_title,
        duration_ms,
        rights_holder_id,
        rights_holder_name,
        is_available,
        valid_from,
        valid_to,
        is_current
    from versions
)

select * from final

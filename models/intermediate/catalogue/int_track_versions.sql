-- One row per track and period in which nothing the catalogue says of it changed
with

changes as (
    select
        *,
        {{ first_item('artist_ids') }} as main_artist_id,
        change <> 'withdrawn' as is_available,
        row_number() over (
            partition by track_id, occurred_at
            order by event_id desc, received_at desc
        ) as place_from_last
    from {{ ref('stg_catalogue_track_changed') }}
),

-- of what changed at one instant, the last holds
states as (
    select * from changes
    where place_from_last = 1
),

-- The places of a track's states, and of those that say the same, differ by a number that
-- stays while nothing else comes between them.
numbered_states as (
    select
        *,
        row_number() over (
            partition by track_id
            order by occurred_at
        ) - row_number() over (
            partition by
                track_id,
                title,
                main_artist_id,
                album_title,
                duration_ms,
                rights_holder_id,
                rights_holder_name,
                is_available
            order by occurred_at
        ) as run_number
    from states
),

versions as (
    select
        track_id,
        title,
        main_artist_id,
        album_title,
        duration_ms,
        rights_holder_id,
        rights_holder_name,
        is_available,
        run_number,
        min(occurred_at) as valid_from
    from numbered_states
    group by
        track_id,
        title,
        main_artist_id,
        album_title,
        duration_ms,
        rights_holder_id,
        rights_holder_name,
        is_available,
        run_number
),

bounded_versions as (
    select
        *,
        lead(valid_from) over (
            partition by track_id
            order by valid_from
        ) as valid_to
    from versions
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
        valid_to is null as is_current
    from bounded_versions
)

select * from final

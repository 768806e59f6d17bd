-- One row per artist and period in which the artist went by one name
with

changes as (
    select
        occurred_at,
        artist_name,
        {{ first_item('artist_ids') }} as artist_id,
        row_number() over (
            partition by {{ first_item('artist_ids') }}, occurred_at
            order by event_id desc, received_at desc
        ) as place_from_last
    from {{ ref('stg_catalogue_track_changed') }}
),

-- of what changed at one instant, the last holds
states as (
    select * from changes
    where place_from_last = 1
),

named_states as (
    select
        *,
        lag(artist_name) over (
            partition by artist_id
            order by occurred_at
        ) as previous_name
    from states
),

names as (
    select
        artist_id,
        artist_name,
        occurred_at as valid_from,
        lead(occurred_at) over (
            partition by artist_id
            order by occurred_at
        ) as valid_to
    from named_states
    where previous_name is null or previous_name <> artist_name
),

final as (
    select
        artist_id,
        artist_name,
        valid_from,
        valid_to,
        valid_to is null as is_current
    from names
)

select * from final

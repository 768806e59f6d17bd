-- One row per artist and stretch under one name: a walk along all changes of its tracks
with changes as (
    select artist_id, happened_at, max_by(artist_name, event_id) as artist_name
    from true_track_changes
    group by artist_id, happened_at
),

walked as (
    select
        artist_id,
        list({'at': happened_at, 'name': artist_name} order by happened_at) as states,
        list_filter(states, lambda state, number:
            number = 1 or state['name'] != states[number - 1]['name']
        ) as versions,
    from changes
    group by artist_id
)

select
    artist_id,
    versions[number]['name'] as artist_name,
    versions[number]['at'] as valid_from,
    versions[number + 1]['at'] as valid_to,
    number = len(versions) as is_current,
from (select *, unnest(range(1, len(versions) + 1)) as number from walked)

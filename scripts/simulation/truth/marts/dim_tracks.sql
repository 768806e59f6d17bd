-- One row per track and stretch of unchanged attributes: a walk along the track's changes
with changes as (
    select
        track_id,
        happened_at,
        max_by(
            {
                'title': title,
                'main_artist_id': artist_id,
                'album_title': album_title,
                'duration_ms': duration_ms,
                'rights_holder_id': rights_holder_id,
                'rights_holder_name': rights_holder_name,
                'is_available': change in ('created', 'updated')
            },
            event_id
        ) as track,
    from true_track_changes
    group by track_id, happened_at
),

walked as (
    select
        track_id,
        list({'at': happened_at, 'track': track} order by happened_at) as states,
        list_filter(states, lambda state, number:
            number = 1 or state['track'] is distinct from states[number - 1]['track']
        ) as versions,
    from changes
    group by track_id
)

select
    track_id,
    unnest(versions[number]['track']),
    versions[number]['at'] as valid_from,
    versions[number + 1]['at'] as valid_to,
    number = len(versions) as is_current,
from (select *, unnest(range(1, len(versions) + 1)) as number from walked)

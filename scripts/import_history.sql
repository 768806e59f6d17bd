-- A person's extended listening-history export as records of track_played, version 2.
--
-- Variables: files (list of paths), username (where the export names none), target (the
-- file to write). Only the fields named here are read: not the IP address, not the place.
-- The same rows give the same ids, whichever files they come from.

create table rows_of_export as
select
    username,
    try_cast(ts as timestamp) as ts,
    platform,
    conn_country,
    master_metadata_track_name as track_name,
    master_metadata_album_artist_name as album_artist_name,
    master_metadata_album_album_name as album_name,
    nullif(regexp_extract(spotify_track_uri, '^spotify:track:([0-9A-Za-z]{22})$', 1), '')
        as track_id,
    spotify_episode_uri is not null or audiobook_uri is not null as is_spoken,
    try_cast(ms_played as bigint) as ms_played,
    lower(reason_start) as reason_start,
    lower(reason_end) as reason_end,
    coalesce(try_cast(shuffle as boolean), false) as shuffle,
    try_cast(skipped as boolean) as skipped,
    coalesce(try_cast("offline" as boolean), false) as offline,
    nullif(try_cast(offline_timestamp as bigint), 0) as written_timestamp,
    -- seconds in some years' exports, milliseconds in others
    written_timestamp * if(written_timestamp < 100000000000, 1000, 1) as offline_timestamp,
    coalesce(try_cast(incognito_mode as boolean), false) as incognito_mode,
from read_json(
    getvariable('files'),
    format = 'array',
    columns = {
        username: 'varchar',
        ts: 'varchar',
        platform: 'varchar',
        conn_country: 'varchar',
        master_metadata_track_name: 'varchar',
        master_metadata_album_artist_name: 'varchar',
        master_metadata_album_album_name: 'varchar',
        spotify_track_uri: 'varchar',
        spotify_episode_uri: 'varchar',
        audiobook_uri: 'varchar',
        ms_played: 'varchar',
        reason_start: 'varchar',
        reason_end: 'varchar',
        shuffle: 'varchar',
        skipped: 'varchar',
        offline: 'varchar',
        offline_timestamp: 'varchar',
        incognito_mode: 'varchar'
    }
);

create table plays as
select distinct
    * exclude (username, is_spoken, written_timestamp, platform, reason_start, reason_end),
    coalesce(nullif(username, ''), getvariable('username')) as user_id,
    -- Free text that names a client, its system and often its maker; the first that fits.
    case
        when platform ilike '%web%player%' or platform ilike 'webplayer%' then 'web'
        when regexp_matches(
            platform, '(?i)partner|cast|sonos|echo|tv|playstation|ps[345]|xbox|speaker'
        ) then 'speaker'
        when platform ilike '%android%' then 'android'
        when regexp_matches(platform, '(?i)^ios|iphone|ipad|watchos') then 'ios'
        when regexp_matches(platform, '(?i)windows|os ?x|mac|linux|desktop') then 'desktop'
    end as known_platform,
    if(
        reason_start in (
            'trackdone', 'fwdbtn', 'backbtn', 'clickrow', 'playbtn', 'remote', 'appload',
            'trackerror'
        ),
        reason_start,
        'unknown'
    ) as reason_start,
    case
        when reason_end in (
            'trackdone', 'fwdbtn', 'backbtn', 'endplay', 'logout', 'unexpected-exit', 'remote',
            'trackerror'
        ) then reason_end
        when reason_end = 'unexpected-exit-while-paused' then 'unexpected-exit'
        else 'unknown'
    end as reason_end,
from rows_of_export
where track_id is not null and ts is not null and ms_played is not null;

create macro uuid_of(key) as regexp_replace(
    md5(key), '(.{8})(.{4})(.{4})(.{4})(.{12})', '\1-\2-\3-\4-\5'
);

-- The export knows no stretches of use: one begins after 30 minutes of silence.
create table sessions as
with

ordered as (
    select
        *,
        coalesce(
            ts - to_milliseconds(ms_played) > max(ts) over (
                partition by user_id
                order by ts, track_id, ms_played
                rows between unbounded preceding and 1 preceding
            ) + interval 30 minutes,
            true
        ) as is_first,
    from plays
),

numbered as (
    select
        *,
        countif(is_first) over (
            partition by user_id
            order by ts, track_id, ms_played
            rows between unbounded preceding and current row
        ) as session_number,
    from ordered
)

select
    * exclude (is_first, session_number),
    uuid_of(concat_ws(' ', user_id, min(ts) over (partition by user_id, session_number)))
        as session_id,
from numbered;

copy (
    select
        json_object(
            'specversion', '1.0',
            'type', 'track_played',
            'source', '/exports/listening-history',
            -- of what was heard and when: the same play in a later export has the same id
            'id', md5(concat_ws('|', user_id, ts, track_id, ms_played, reason_start, reason_end)),
            'time', strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ'),
            -- received when it was heard: years later it would be late by any contract
            'receivedtime', strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ'),
            'dataschemaversion', '2.0',
            'data', json_object(
                'user_id', user_id,
                'session_id', session_id,
                'track_id', track_id,
                'artist_ids', json_array(),
                'track_name', track_name,
                'album_artist_name', album_artist_name,
                'album_name', album_name,
                'ms_played', ms_played,
                'reason_start', reason_start,
                'reason_end', reason_end,
                'platform', coalesce(known_platform, 'speaker'),
                'conn_country', if(
                    regexp_full_match(conn_country, '[A-Z]{2}') and conn_country != 'ZZ',
                    conn_country,
                    null
                ),
                'shuffle', shuffle,
                'skipped', skipped,
                'offline', offline,
                'offline_timestamp', if(offline, offline_timestamp, null),
                'incognito_mode', incognito_mode
            )
        )::varchar as line,
    from sessions
    order by ts, user_id, track_id, ms_played, line
) to (getvariable('target')) (
    format csv, header false, delimiter '\x1f', quote '', escape ''
);

create view counts as
with

counted as (
    select
        countif(track_id is null and is_spoken) as spoken,
        countif(track_id is null and not is_spoken) as trackless,
        countif(track_id is not null and (ts is null or ms_played is null)) as timeless,
        count(*) - spoken - trackless - timeless as played,
    from rows_of_export
),

kept as (
    select
        count(*) as plays,
        countif(known_platform is null) as guessed,
    from plays
)

select unnest([
    {what: 'plays', many: plays},
    {what: 'podcasts and audiobooks left out', many: spoken},
    {what: 'rows without a track left out', many: trackless},
    {what: 'rows without a time left out', many: timeless},
    {what: 'rows that repeat another', many: played - plays},
    {what: 'plays whose platform says nothing, taken as speaker', many: guessed}
], recursive := true)
from counted
cross join kept;

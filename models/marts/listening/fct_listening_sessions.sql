-- One row per listening session: a user's plays without a gap of more than 30 minutes
{# A row reads the day before its own, to know that it begins there, and the four after
   it, to know where it ends: enough to be exact over two midnights, and to show a third,
   at which the suite fails. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'session_date', 'data_type': 'date'},
    meta={
        'date': 'session_date',
        'restate_by': 'user_id',
        'windows': {'int_track_plays': {'before': 1, 'after': 4}},
    },
) }}

with

plays as (
    select
        *,
        max(ended_at) over (
            partition by user_id
            order by started_at, ended_at, play_id
            rows between unbounded preceding and 1 preceding
        ) as ended_at_before
    from {{ ref('int_track_plays') }}
    where {{ changed_dates('play_date', 'int_track_plays') }}
),

openings as (
    select
        *,
        case
            when {{ is_further_apart('started_at', 'ended_at_before', 1800) }} then 1
            when ended_at_before is null then 1
            else 0
        end as opens_session
    from plays
),

numbered_plays as (
    select
        *,
        sum(opens_session) over (
            partition by user_id
            order by started_at, ended_at, play_id
            rows between unbounded preceding and current row
        ) as session_number
    from openings
),

sessions as (
    select
        user_id,
        session_number,
        max(case when opens_session = 1 then play_id end) as listening_session_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        count(*) as plays,
        cast(countif(is_stream) as bigint) as streams,
        cast(countif(is_skipped) as bigint) as skips,
        count(distinct track_id) as distinct_tracks,
        cast(sum(ms_played) as bigint) as ms_played
    from numbered_plays
    group by user_id, session_number
),

final as (
    select
        listening_session_id,
        cast(started_at as date) as session_date,
        user_id,
        started_at,
        ended_at,
        plays,
        streams,
        skips,
        distinct_tracks,
        ms_played
    from sessions
    where {{ changed_dates('cast(started_at as date)') }}
)

select * from final

"""Good and broken rows of models/marts/listening; see test_reference_suites.py."""

from __future__ import annotations

USER = "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"
GOOD = {
    # a hundred on a whole date and a hundred a week before it, one on the date that goes on
    "fct_streams": f"""
        select 's' || range as stream_id, stream_date::date as stream_date,
            stream_date::timestamp + interval 86399 second as ended_at, '{USER}' as user_id,
            30000 + range as ms_played, 'SE' as country, 'artist' as main_artist_id,
            't' || range % 100 as track_id
        from (
            select *, case when range < 100 then '2026-01-24' when range < 200 then '2026-01-31'
                else '2026-02-01' end as stream_date
            from range(201)
        )
    """,
    "fct_daily_listening": """
        select date '2026-01-31' + range::int as stream_date, 'SE' as country, 100 as streams,
            20::bigint as listeners, 50 as tracks, 40 as completed_streams,
            10000000::bigint as ms_played
        from range(10)
    """,
    "fct_daily_skip_rates": """
        select date '2026-01-31' + (range // 2)::int as activity_date,
            case when range % 2 = 0 then 'ios' else 'web' end as platform, 100::bigint as plays,
            40 as skips, 0.4::double as skip_rate, 10000000::bigint as ms_played
        from range(20)
    """,
    # every date the same chart of 50, but the first, in which the last track is another
    "fct_daily_charts": """
        select date '2026-01-01' + (range // 50)::int as chart_date, 'SE' as country,
            range % 50 + 1 as rank,
            't' || (case when range = 49 then 99 else range % 50 + 10 end) as track_id,
            10 as streams, 2 as listeners,
            case when range >= 50 and range <> 99 then range % 50 + 1 end as previous_rank,
            case when range >= 50 and range <> 99 then 0 end as movement
        from range(500)
    """,
    # 25 users with four sessions a date, 40 minutes apart, each of 20 minutes
    "fct_listening_sessions": """
        select 's' || range as listening_session_id, started_at::date as session_date,
            '6f1f64d1-9d5e-4c7b-8f3a-' || lpad((range % 25)::varchar, 12, '0') as user_id,
            started_at, started_at + interval 20 minute as ended_at,
            10 as plays, 5 as streams, 4 as skips, 8 as distinct_tracks, 1200000 as ms_played
        from (
            select *, timestamp '2026-01-01 20:00' + to_days((range // 100)::int)
                + to_hours(range // 25 % 4) as started_at
            from range(1000)
        )
    """,
}
# Mart, another model that its suite reads: rows of that one which agree with the good ones.
READ = {
    ("fct_streams", "int_track_plays"): """
        select case when range < 100 then date '2026-01-24' when range < 200 then '2026-01-31'
            else '2026-02-01' end as play_date, range <> 201 as is_stream
        from range(202)
    """,
    ("fct_streams", "dim_tracks"): """
        select 't' || range % 100 as track_id from range(200)
    """,
    ("fct_streams", "dim_users"): f"select '{USER}' as user_id",
    # ten plays a session, a minute apart
    ("fct_listening_sessions", "int_track_plays"): """
        select '6f1f64d1-9d5e-4c7b-8f3a-' || lpad((session % 25)::varchar, 12, '0') as user_id,
            timestamp '2026-01-01 20:00' + to_days((session // 100)::int)
                + to_hours(session // 25 % 4) + to_minutes(play) as started_at,
            started_at::date as play_date
        from range(1000) as sessions(session), range(10) as plays(play)
    """,
    ("fct_daily_listening", "fct_streams"): """
        select date '2026-01-31' + (range // 100)::int as stream_date from range(1000)
    """,
    ("fct_daily_skip_rates", "int_track_plays"): """
        select date '2026-01-31' + (range // 200)::int as play_date from range(2000)
    """,
    ("fct_daily_charts", "fct_daily_listening"): """
        select date '2026-01-01' + range::int as stream_date, 'SE' as country, 500 as streams
        from range(10)
    """,
}
BROKEN = {
    ("fct_streams", 0): "ms_played = 29999 where stream_id = 's7'",
    ("fct_streams", 1): "user_id = 'u-1f0c' where stream_id = 's7'",
    ("fct_streams", 2): "ended_at = timestamp '2026-02-01 00:00' where stream_id = 's7'",
    ("fct_streams", 3): "country = null where ms_played < 30041",
    ("fct_streams", 4): "main_artist_id = null where ms_played < 30011",
    ("fct_streams", 5): "stream_id = 's198' where stream_id = 's199'",
    ("fct_streams", 6): (
        "stream_date = '2026-02-01', ended_at = timestamp '2026-02-01 00:00'"
        " where ms_played between 30149 and 30199"
    ),
    ("fct_streams", 7): (
        "stream_date = '2026-02-01', ended_at = timestamp '2026-02-01 00:00'"
        " where stream_id = 's199'"
    ),
    ("fct_streams", 8): "track_id = 'x' where stream_id in ('s198', 's199')",
    ("fct_streams", 9): (
        "user_id = '6f1f64d1-9d5e-4c7b-8f3a-999999999999' where stream_id between 's193' and 's199'"
    ),
    ("fct_daily_listening", 0): "stream_date = '2026-02-01' where stream_date = '2026-01-31'",
    ("fct_daily_listening", 1): (
        "listeners = 0, streams = 0, tracks = 0, completed_streams = 0, ms_played = 0"
    ),
    ("fct_daily_listening", 2): "listeners = 101 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 3): "tracks = 101 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 4): "completed_streams = 101 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 5): "ms_played = 2999999 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 6): "ms_played = 1728000001 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 7): "streams = 201 where stream_date = '2026-02-08'",
    ("fct_daily_listening", 8): "streams = 101 where stream_date = '2026-01-31'",
    ("fct_daily_skip_rates", 0): "platform = 'web'",
    ("fct_daily_skip_rates", 1): (
        "plays = 0, skips = 0, ms_played = 0"
        " where activity_date = '2026-01-31' and platform = 'ios'"
    ),
    ("fct_daily_skip_rates", 2): "skips = 101, skip_rate = 1.01 where activity_date = '2026-01-31'",
    ("fct_daily_skip_rates", 3): "skip_rate = 0.41 where activity_date = '2026-01-31'",
    ("fct_daily_skip_rates", 4): "ms_played = 8640000001 where activity_date = '2026-01-31'",
    ("fct_daily_skip_rates", 5): "skips = 100, skip_rate = 1 where platform = 'ios'",
    ("fct_daily_skip_rates", 6): (
        "plays = 40, skips = 10, skip_rate = 0.25 where activity_date = '2026-02-08'"
    ),
    ("fct_daily_skip_rates", 7): (
        "plays = 80, skips = 40, skip_rate = 0.5"
        " where activity_date = '2026-01-31' and platform = 'ios'"
    ),
    ("fct_daily_charts", 0): (
        "rank = 49, previous_rank = 50, movement = 1 where chart_date = '2026-01-10' and rank = 50"
    ),
    ("fct_daily_charts", 1): (
        "track_id = 't58', previous_rank = 49, movement = -1"
        " where chart_date = '2026-01-10' and rank = 50"
    ),
    ("fct_daily_charts", 2): ("country = 'NO' where chart_date = '2026-01-10' and rank = 50"),
    ("fct_daily_charts", 3): ("chart_date = '2026-01-10', rank = 51 where track_id = 't99'"),
    ("fct_daily_charts", 4): "streams = 11 where chart_date = '2026-01-10' and rank = 50",
    ("fct_daily_charts", 5): "listeners = 0",
    ("fct_daily_charts", 6): "listeners = 11",
    ("fct_daily_charts", 7): "movement = 1 where chart_date = '2026-01-10' and rank = 50",
    ("fct_daily_charts", 8): (
        "previous_rank = null, movement = null where chart_date = '2026-01-10' and rank = 50"
    ),
    ("fct_daily_charts", 9): "streams = 21 where chart_date = '2026-01-09'",
    ("fct_daily_charts", 10): "streams = 11 where chart_date = '2026-01-05' and rank = 1",
    ("fct_listening_sessions", 0): (
        "started_at = timestamp '2026-01-01 21:00', ended_at = timestamp '2026-01-01 21:20'"
        " where listening_session_id = 's0'"
    ),
    ("fct_listening_sessions", 1): (
        "session_date = date '2026-01-02' where listening_session_id = 's0'"
    ),
    ("fct_listening_sessions", 2): (
        "ended_at = timestamp '2026-01-13 00:00' where listening_session_id = 's999'"
    ),
    ("fct_listening_sessions", 3): (
        "ended_at = timestamp '2026-01-01 20:30' where listening_session_id = 's0'"
    ),
    ("fct_listening_sessions", 4): (
        "plays = 0, streams = 0, skips = 0, distinct_tracks = 0, ms_played = 0"
        " where listening_session_id = 's0'"
    ),
    ("fct_listening_sessions", 5): "streams = 11 where listening_session_id = 's0'",
    ("fct_listening_sessions", 6): "skips = 11 where listening_session_id = 's0'",
    ("fct_listening_sessions", 7): "distinct_tracks = 11 where listening_session_id = 's0'",
    ("fct_listening_sessions", 8): "ms_played = 149999 where listening_session_id = 's0'",
    ("fct_listening_sessions", 9): (
        "started_at = started_at - interval 130 hour, ended_at = ended_at - interval 130 hour,"
        " session_date = date '2026-01-04'"
        " where session_date = '2026-01-09' and hour(started_at) < 23"
    ),
    ("fct_listening_sessions", 10): "user_id = 'u-1f0c' where listening_session_id = 's0'",
    ("fct_listening_sessions", 11): "plays = 9 where listening_session_id = 's999'",
}

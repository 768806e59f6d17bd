"""Good and broken rows of models/marts/catalogue; see test_reference_suites.py."""

from __future__ import annotations

VERSIONS = """
    select 'x' as track_id, 'Song' as title, 1000 * range + 180000 as duration_ms,
        'Album' as album_title, timestamp '2026-01-01' + to_days(range::int) as valid_from,
        case when range < 9 then timestamp '2026-01-02' + to_days(range::int) end as valid_to,
        range = 9 as is_current
    from range(10)
"""
NAMES = """
    select 'a' as artist_id, 'Name ' || range as artist_name,
        timestamp '2026-01-01' + to_days(range::int) as valid_from,
        case when range < 9 then timestamp '2026-01-02' + to_days(range::int) end as valid_to,
        range = 9 as is_current
    from range(10)
"""
GOOD = {"dim_tracks": VERSIONS, "dim_artists": NAMES}
BROKEN = {
    ("dim_tracks", 0): (
        "duration_ms = 181000, valid_from = '2026-01-02', valid_to = '2026-01-03'"
        " where duration_ms = 180000"
    ),
    ("dim_tracks", 1): "valid_to = '2026-01-02 00:00:01' where duration_ms = 180000",
    ("dim_tracks", 2): "is_current = true where duration_ms = 180000",
    ("dim_tracks", 3): "duration_ms = 999 where duration_ms = 180000",
    ("dim_tracks", 4): "album_title = null",
    ("dim_artists", 0): (
        "artist_name = 'Name 1', valid_from = '2026-01-02', valid_to = '2026-01-03'"
        " where artist_name = 'Name 0'"
    ),
    ("dim_artists", 1): "valid_to = '2026-01-02 00:00:01' where artist_name = 'Name 0'",
    ("dim_artists", 2): "is_current = true where artist_name = 'Name 0'",
    ("dim_artists", 3): "artist_name = 'Name 0' where artist_name = 'Name 1'",
}

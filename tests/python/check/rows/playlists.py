"""Good and broken rows of models/marts/playlists; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "fct_playlist_edits": """
        select 's' || range as edit_event_id, date '2026-01-31' + (range // 40)::int as edit_date,
            edit_date + time '23:59:59' as edited_at,
            '6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90' as user_id,
            ['added', 'removed', 'liked', 'unliked'][range % 4 + 1] as edit,
            case when range % 4 < 2 then 'p' end as playlist_id, 'x' as track_id,
            case when range % 4 < 2 then 0 end as position
        from range(400)
    """,
}
BROKEN = {
    ("fct_playlist_edits", 0): "edit_event_id = 's395' where edit_event_id = 's399'",
    ("fct_playlist_edits", 1): "edited_at = edit_date + interval 1 day where edit_event_id = 's8'",
    ("fct_playlist_edits", 2): "edit = 'hidden' where edit_event_id = 's7'",
    ("fct_playlist_edits", 3): "playlist_id = null where edit_event_id = 's8'",
    ("fct_playlist_edits", 4): "user_id = 'u-1f0c' where edit_event_id = 's7'",
    ("fct_playlist_edits", 5): "track_id = 'y' where edit_event_id < 's2'",
    ("fct_playlist_edits", 6): (
        "edit_date = '2026-01-31', edited_at = '2026-01-31'"
        " where edit_date = '2026-02-08' and edit_event_id > 's333'"
    ),
}

-- One row per track added to or removed from a playlist, liked or unliked
select
    event_id as edit_event_id,
    edited_at::date as edit_date,
    edited_at,
    user_id,
    edit,
    playlist_id,
    track_id,
    position,
from true_edits

-- What goes wrong on the way, beside chance itself.

-- How late a record may be before its event contract calls that a violation: 30 days, but for
-- these.
create table lateness as
select * from (
    values
    ('search_performed', to_days(7)), ('account_created', null),
    ('subscription_changed', null), ('catalogue_track_changed', null)
) as listed(event_type, max_lateness);

-- What clients get wrong, by chance; the first violation whose turn it is.
create table faults as
select * from (
    values
    ('track_played', 0.000, 0.003, '"ms_played":', '"ms_played":-1', 'ms_played.minimum'),
    ('track_played', 0.003, 0.005, '"reason_end":"fwdbtn"', '"reason_end":"bored"', 'reason_end.enum'),
    ('track_played', 0.005, 0.006, '"ms_played":', '"played_for":', 'ms_played.required'),
    ('track_played', 0.006, 0.007, '"track_id":"', '"track_id":"track:', 'track_id.pattern'),
    ('track_played', 0.007, 0.0075, '"is_shuffle":\w+', '"is_shuffle":1', 'is_shuffle.type'),
    ('track_played', 0.0075, 0.008, '"shuffle":\w+', '"shuffle":1', 'shuffle.type'),
    ('playback_failed', 0.000, 0.020, '"error_code":"', '"error_code":"E-', 'error_code.enum'),
    ('session_started', 0.000, 0.004, '"app_version":"', '"app_version":"v', 'app_version.pattern'),
    ('screen_viewed', 0.000, 0.004, '"screen":"home"', '"screen":"lobby"', 'screen.enum'),
    ('app_crashed', 0.000, 0.030, '"is_foreground":', '"is_foreground":"?","was":', 'is_foreground.type'),
    ('search_performed', 0.000, 0.004, '"query":"[^"]*"', '"query":""', 'query.minLength'),
    ('search_performed', 0.004, 0.007, '"latency_ms":([0-9.]+)', '"latency_ms":"\1 ms"', 'latency_ms.type'),
    ('search_performed', 0.007, 0.008, '"number":[12]', '"number":0', 'page.number.minimum'),
    ('search_result_clicked', 0.000, 0.008, '"position":\d+', '"position":0', 'position.minimum'),
    ('playlist_track_added', 0.000, 0.008, '"position":', '"position":-1', 'position.minimum'),
    ('playlist_track_removed', 0.000, 0.008, '"playlist_id":"', '"playlist_id":"p-', 'playlist_id.format'),
    ('track_liked', 0.000, 0.008, '"is_liked":', '"liked":', 'is_liked.required'),
    ('ad_impression', 0.000, 0.004, '"revenue_usd":', '"revenue_usd":-1', 'revenue_usd.minimum'),
    ('ad_clicked', 0.000, 0.008, '"impression_id":"[^"]*"', '"impression_id":"none"', 'impression_id.format'),
    ('experiment_exposed', 0.000, 0.004, '"variant":"', '"variant":"new-', 'variant.enum'),
    ('account_created', 0.000, 0.010, '"country":"', '"country":"x', 'country.pattern'),
    ('subscription_changed', 0.000, 0.010, '"to_plan":"', '"to_plan":"plan_', 'to_plan.enum'),
    ('catalogue_track_changed', 0.000, 0.004, '"duration_ms":\d+', '"duration_ms":0', 'duration_ms.exclusiveMinimum')
) as listed(event_type, from_throw, to_throw, pattern, replacement, violation);

-- Copies under way to a later day.
create table pending (
    event_type varchar, event_id varchar, copy bigint, received_at timestamp, line varchar
);

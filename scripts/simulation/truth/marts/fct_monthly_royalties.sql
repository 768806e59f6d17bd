-- One row per month and rights holder: each stream asks who held its track, and on which plan
-- its listener was, when it ended
with holders as (
    select track_id, happened_at as since, max_by(rights_holder_id, event_id) as rights_holder_id
    from true_track_changes
    group by track_id, since
),

first_sign_ups as (
    select user_id, min_by(true_sign_ups, (happened_at, event_id)) as account
    from true_sign_ups
    group by user_id
),

plan_states as (
    select user_id, account['happened_at'] as since, account['plan'] as plan, '' as event_id
    from first_sign_ups
    union all
    select user_id, happened_at as since, to_plan as plan, event_id
    from true_plan_changes
    inner join first_sign_ups using (user_id)
    where happened_at >= account['happened_at']
),

plans as (
    select user_id, since, max_by(plan, event_id) as plan
    from plan_states
    group by user_id, since
),

paid as (
    select
        date_trunc('month', ended_at)::date as month_start_date,
        coalesce(rights_holder_id, 'unknown') as rights_holder_id,
        plays.user_id,
        ms_played,
        coalesce(plan, 'free') in ('premium', 'family', 'student') as is_premium,
    from true_plays as plays
    asof left join holders on plays.track_id = holders.track_id and ended_at >= holders.since
    asof left join plans on plays.user_id = plans.user_id and ended_at >= plans.since
    where ms_played >= 30000
)

select
    month_start_date,
    rights_holder_id,
    count(*) as streams,
    count(distinct user_id) as listeners,
    sum(ms_played)::bigint as ms_played,
    count(*) filter (where is_premium) as premium_streams,
    -- In ten-thousandths of a dollar, so that no fraction is ever rounded.
    (sum(if(is_premium, 40, 15)) / 10000)::decimal(18, 6) as royalty_usd,
from paid
group by month_start_date, rights_holder_id

-- One row per change of a subscription
select
    event_id as subscription_event_id,
    happened_at::date as change_date,
    happened_at as changed_at,
    user_id,
    from_plan,
    to_plan,
    reason,
    if(
        from_plan = to_plan,
        'none',
        map {'01': 'start', '10': 'cancel', '11': 'switch'}[
            (from_plan != 'free')::integer || '' || (to_plan != 'free')::integer
        ]
    ) as movement,
    price_usd as monthly_price_usd,
from true_plan_changes

-- One row per user and stretch on one plan: a walk along the user's states
with accounts as (
    select
        user_id,
        min_by(
            {'at': happened_at, 'country': country, 'referral': referral, 'plan': plan},
            (happened_at, event_id)
        ) as account,
    from true_sign_ups
    group by user_id
),

walked as (
    select
        user_id,
        account,
        list_reduce(
            coalesce(
                list([{'at': happened_at, 'plan': to_plan}] order by happened_at, event_id)
                    filter (where happened_at >= account['at']),
                []
            ),
            -- At one instant the later state replaces the earlier; the same plan goes on.
            lambda so_far, next: if(
                so_far[-1]['at'] = next[1]['at'], so_far[:-2], so_far
            ) || next,
            [{'at': account['at'], 'plan': account['plan']}]
        ) as states,
    from accounts
    left join true_plan_changes using (user_id)
    group by user_id, account
),

merged as (
    select
        user_id,
        account,
        list_filter(
            states, lambda state, number: number = 1 or state['plan'] != states[number - 1]['plan']
        ) as states,
    from walked
)

select
    user_id,
    states[number]['plan'] as plan,
    account['country'] as country,
    account['referral'] as referral,
    account['at'] as created_at,
    states[number]['at'] as valid_from,
    states[number + 1]['at'] as valid_to,
    number = len(states) as is_current,
from (select *, unnest(range(1, len(states) + 1)) as number from merged)

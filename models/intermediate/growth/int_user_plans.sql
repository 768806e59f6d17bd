-- One row per user and period on one plan, from the making of the account on
with

accounts as (
    select * from {{ ref('int_accounts') }}
),

changes as (
    select * from {{ ref('stg_subscription_changed') }}
),

states as (
    select
        user_id,
        plan,
        created_at as changed_at,
        '' as event_id,
        0 as step
    from accounts
    union all
    select
        changes.user_id,
        changes.to_plan as plan,
        changes.occurred_at as changed_at,
        changes.event_id,
        1 as step
    from changes
    inner join accounts
        on changes.user_id = accounts.user_id
    where changes.occurred_at >= accounts.created_at
),

-- of several states at one instant the last one counts
numbered as (
    select
        user_id,
        plan,
        changed_at,
        row_number() over (
            partition by user_id, changed_at
            order by step desc, event_id desc
        ) as place
    from states
),

compared as (
    select
        user_id,
        plan,
        changed_at,
        lag(plan) over (partition by user_id order by changed_at) as previous_plan
    from numbered
    where place = 1
),

periods as (
    select
        user_id,
        plan,
        changed_at as valid_from,
        lead(changed_at) over (partition by user_id order by changed_at) as valid_to
    from compared
    where previous_plan is null or plan <> previous_plan
),

final as (
    select
        periods.user_id,
        periods.plan,
        accounts.country,
        accounts.referral,
        accounts.created_at,
        periods.valid_from,
        periods.valid_to,
        periods.valid_to is null as is_current
    from periods
    inner join accounts
        on periods.user_id = accounts.user_id
)

select * from final

-- One row per user whose account_created was delivered: the earliest of them
with

events as (
    select
        *,
        row_number() over (
            partition by user_id
            order by occurred_at, event_id
        ) as place
    from {{ ref('stg_account_created') }}
),

final as (
    select
        user_id,
        event_id as created_event_id,
        occurred_at as created_at,
        cast(occurred_at as date) as created_date,
        plan,
        country,
        referral
    from events
    where place = 1
)

select * from final

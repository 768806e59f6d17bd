-- One row per user and period on one plan
with

periods as (
    select * from {{ ref('int_user_plans') }}
),

final as (
    select
        user_id,
        plan,
        country,
        referral,
        created_at,
        valid_from,
        valid_to,
        is_current
    from periods
)

select * from final

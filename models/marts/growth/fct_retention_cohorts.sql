-- One row per date on which accounts were created and number of days after it: 1, 7, 28
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'cohort_date', 'data_type': 'date'},
    meta={
        'date': 'cohort_date',
        'windows': {
            'int_accounts': {'before': 'all'},
            'int_user_dates': {'after': 28},
        },
    },
) }}

with

accounts as (
    select * from {{ ref('int_accounts') }}
    where {{ changed_dates('created_date') }}
),

user_dates as (
    select * from {{ ref('int_user_dates') }}
    where {{ changed_dates('activity_date', 'int_user_dates') }}
),

-- a cohort is looked at on a day once anybody was active on it
observed_dates as (
    select distinct activity_date from user_dates
),

cohorts as (
    select
        created_date,
        count(*) as cohort_users
    from accounts
    group by created_date
),

observed_cohorts as (
    select
        cohorts.created_date as cohort_date,
        {{ days_between('cohorts.created_date', 'observed_dates.activity_date') }}
            as day_number,
        cohorts.cohort_users
    from cohorts
    inner join observed_dates
        on observed_dates.activity_date in (
            cohorts.created_date + 1,
            cohorts.created_date + 7,
            cohorts.created_date + 28
        )
),

retained as (
    select
        accounts.created_date as cohort_date,
        {{ days_between('accounts.created_date', 'user_dates.activity_date') }}
            as day_number,
        count(*) as retained_users
    from accounts
    inner join user_dates
        on
            accounts.user_id = user_dates.user_id
            and user_dates.activity_date in (
                accounts.created_date + 1,
                accounts.created_date + 7,
                accounts.created_date + 28
            )
    group by cohort_date, day_number
),

final as (
    select
        observed_cohorts.cohort_date,
        observed_cohorts.day_number,
        observed_cohorts.cohort_users,
        coalesce(retained.retained_users, 0) as retained_users,
        coalesce(retained.retained_users, 0)
        / observed_cohorts.cohort_users as retention_rate
    from observed_cohorts
    left outer join retained
        on
            observed_cohorts.cohort_date = retained.cohort_date
            and observed_cohorts.day_number = retained.day_number
)

select * from final

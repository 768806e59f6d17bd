-- One row per date and number of days since the users active on it were so before
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'activity_date', 'data_type': 'date'},
    meta={
        'date': 'activity_date',
        'windows': {'int_user_dates': {'before': 'all'}},
    },
) }}

with

user_dates as (
    select * from {{ ref('int_user_dates') }}
    where {{ changed_dates('activity_date', 'int_user_dates') }}
),

visits as (
    select
        activity_date,
        lag(activity_date) over (
            partition by user_id
            order by activity_date
        ) as previous_date
    from user_dates
),

returns as (
    select
        activity_date,
        -- no window is longer, so that a date has few rows however long people stay away
        case
            when {{ days_between('previous_date', 'activity_date') }} > 28 then 28
            else {{ days_between('previous_date', 'activity_date') }}
        end as days_away
    from visits
    where {{ changed_dates('activity_date') }}
),

final as (
    select
        activity_date,
        days_away,
        count(*) as users
    from returns
    group by activity_date, days_away
)

select * from final

-- One row per date from 2015-01-01 to 2039-12-31
with

dates as (
    select date_day
    from {{ unnested(
        list_of_dates("date '2015-01-01'", "date '2039-12-31'"), 'dates', 'date_day'
    ) }}
),

final as (
    select
        date_day,
        extract(year from date_day) as year,
        extract(quarter from date_day) as quarter,
        extract(month from date_day) as month,
        {{ month_of('date_day') }} as month_start_date,
        {{ iso_week('date_day') }} as iso_week,
        extract(isoyear from date_day) as iso_year,
        {{ day_of_week('date_day') }} as day_of_week,
        {{ day_of_week('date_day') }} >= 6 as is_weekend
    from dates
)

select * from final

-- One row per date of 25 years
select
    day::date as date_day,
    strftime(day, '%Y')::integer as year,
    ceil(strftime(day, '%m')::integer / 3)::integer as quarter,
    strftime(day, '%m')::integer as month,
    strftime(day, '%Y-%m-01')::date as month_start_date,
    strftime(day, '%V')::integer as iso_week,
    strftime(day, '%G')::integer as iso_year,
    strftime(day, '%u')::integer as day_of_week,
    strftime(day, '%a') in ('Sat', 'Sun') as is_weekend,
from range(date '2015-01-01', date '2040-01-01', interval 1 day) as days(day)

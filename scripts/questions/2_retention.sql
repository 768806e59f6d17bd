-- How many of those who join still listen after a day, a week, four weeks?
-- models/marts/growth/fct_retention_cohorts.sql has each day's cohort by itself
select
    'day ' || day_number as after,
    sum(cohort_users) as joined,
    sum(retained_users) as listened,
    printf('%.1f %%', 100 * sum(retained_users) / sum(cohort_users)) as retention,
from marts.fct_retention_cohorts
group by day_number
order by day_number

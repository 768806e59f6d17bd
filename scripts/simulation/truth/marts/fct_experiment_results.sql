-- One row per experiment and metric: Welch's interval, from the numbers of each user
with exposed as (
    select
        experiment_id,
        user_id,
        min(exposed_at) as first_at,
        list_distinct(list(variant)) as variants,
    from true_exposures
    group by all
),

heard as (
    select
        experiment_id,
        exposed.user_id,
        variants,
        count(event_id) filter (where ms_played >= 30000)::double as streams_per_user,
        coalesce(sum(ms_played), 0) / 3600000 as listening_hours_per_user,
    from exposed
    left join true_plays
        on true_plays.user_id = exposed.user_id
        and date_diff('ms', first_at, ended_at) between 0 and 7 * 86400000 - 1
    group by all
),

metrics as (
    unpivot heard on streams_per_user, listening_hours_per_user into name metric value amount
),

sides as (
    select
        experiment_id,
        metric,
        list(amount order by amount) filter (where variants = ['control']) as control,
        list(amount order by amount) filter (where variants = ['treatment']) as treatment,
        count(*) filter (where len(variants) = 2) as crossed_users,
    from metrics
    group by experiment_id, metric
),

described as (
    select
        *,
        coalesce(len(control), 0) as control_users,
        coalesce(len(treatment), 0) as treatment_users,
        list_sum(control) / control_users as control_mean,
        list_sum(treatment) / treatment_users as treatment_mean,
        list_sum(list_transform(control, lambda x: pow(x - control_mean, 2)))
        / nullif(control_users - 1, 0) / control_users as control_error,
        list_sum(list_transform(treatment, lambda x: pow(x - treatment_mean, 2)))
        / nullif(treatment_users - 1, 0) / treatment_users as treatment_error,
        nullif(control_error + treatment_error, 0) as error,
        pow(error, 2) / (
            pow(control_error, 2) / (control_users - 1)
            + pow(treatment_error, 2) / (treatment_users - 1)
        ) as freedom,
        1.959963984540054::double as z,
        -- Abramowitz and Stegun 26.7.5
        z
        + (z ** 3 + z) / 4 / freedom
        + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 / freedom ** 2
        + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 / freedom ** 3
        + (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z)
        / 92160 / freedom ** 4 as t,
    from sides
)

select
    experiment_id,
    metric,
    control_users,
    treatment_users,
    crossed_users,
    control_mean,
    treatment_mean,
    treatment_mean - control_mean as lift,
    lift / nullif(control_mean, 0) as relative_lift,
    sqrt(error) as standard_error,
    freedom as degrees_of_freedom,
    lift - t * standard_error as ci_low,
    lift + t * standard_error as ci_high,
from described

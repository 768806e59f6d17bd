-- One row per experiment and metric: control and treatment compared, with Welch's interval
{% set normal_quantile = '1.959963984540054e0' %}

with

exposures as (
    select * from {{ ref('stg_experiment_exposed') }}
),

plays as (
    select * from {{ ref('int_track_plays') }}
),

numbered as (
    select
        experiment_id,
        user_id,
        variant,
        occurred_at,
        row_number() over (
            partition by experiment_id, user_id
            order by occurred_at, event_id
        ) as place,
        min(variant) over (partition by experiment_id, user_id) as first_variant,
        max(variant) over (partition by experiment_id, user_id) as last_variant
    from exposures
),

-- one row per experiment and user, as the user was exposed first
exposed as (
    select
        experiment_id,
        user_id,
        variant,
        occurred_at as exposed_at,
        {{ add_seconds('occurred_at', 7 * 86400) }} as measured_until,
        first_variant <> last_variant as is_crossed
    from numbered
    where place = 1
),

measured as (
    select
        exposed.experiment_id,
        exposed.user_id,
        countif(plays.is_stream) as streams,
        sum(plays.ms_played) as ms_played
    from exposed
    inner join plays
        on
            exposed.user_id = plays.user_id
            and exposed.exposed_at <= plays.ended_at
            and exposed.measured_until > plays.ended_at
    where not exposed.is_crossed
    group by exposed.experiment_id, exposed.user_id
),

-- who did not listen counts as nothing heard
per_user as (
    select
        exposed.experiment_id,
        exposed.variant,
        coalesce(measured.streams, 0) as streams,
        coalesce(measured.ms_played, 0) / 3600000 as listening_hours
    from exposed
    left outer join measured
        on
            exposed.experiment_id = measured.experiment_id
            and exposed.user_id = measured.user_id
    where not exposed.is_crossed
),

outcomes as (
    select
        experiment_id,
        'streams_per_user' as metric,
        variant,
        1e0 * streams as outcome
    from per_user
    union all
    select
        experiment_id,
        'listening_hours_per_user' as metric,
        variant,
        listening_hours as outcome
    from per_user
),

sides as (
    select
        experiment_id,
        metric,
        countif(variant = 'control') as control_users,
        countif(variant = 'treatment') as treatment_users,
        avg(case when variant = 'control' then outcome end) as control_mean,
        avg(case when variant = 'treatment' then outcome end) as treatment_mean,
        var_samp(case when variant = 'control' then outcome end) as control_variance,
        var_samp(case when variant = 'treatment' then outcome end) as treatment_variance
    from outcomes
    group by experiment_id, metric
),

metrics as (
    select 'streams_per_user' as metric
    union all
    select 'listening_hours_per_user' as metric
),

-- experiments in which everybody was exposed to both are results, too
experiments as (
    select
        exposed.experiment_id,
        metrics.metric,
        countif(exposed.is_crossed) as crossed_users
    from exposed
    cross join metrics
    group by exposed.experiment_id, metrics.metric
),

errors as (
    select
        experiments.experiment_id,
        experiments.metric,
        coalesce(sides.control_users, 0) as control_users,
        coalesce(sides.treatment_users, 0) as treatment_users,
        experiments.crossed_users,
        sides.control_mean,
        sides.treatment_mean,
        -- the squared errors of the means; null of one user, or where none differ
        case
            when sides.control_variance + sides.treatment_variance > 0
                then sides.control_variance / sides.control_users
        end as control_error,
        case
            when sides.control_variance + sides.treatment_variance > 0
                then sides.treatment_variance / sides.treatment_users
        end as treatment_error
    from experiments
    left outer join sides
        on
            experiments.experiment_id = sides.experiment_id
            and experiments.metric = sides.metric
),

welch as (
    select
        *,
        treatment_mean - control_mean as lift,
        sqrt(control_error + treatment_error) as standard_error,
        pow(control_error + treatment_error, 2) / (
            pow(control_error, 2) / (control_users - 1)
            + pow(treatment_error, 2) / (treatment_users - 1)
        ) as degrees_of_freedom
    from errors
),

-- Abramowitz and Stegun, 26.7.5: the quantile of Student's t from that of the normal
quantiles as (
    select
        *,
        {{ normal_quantile }}
        + (
            pow({{ normal_quantile }}, 3)
            + {{ normal_quantile }}
        ) / (4 * degrees_of_freedom)
        + (
            5 * pow({{ normal_quantile }}, 5)
            + 16 * pow({{ normal_quantile }}, 3)
            + 3 * {{ normal_quantile }}
        ) / (96 * pow(degrees_of_freedom, 2))
        + (
            3 * pow({{ normal_quantile }}, 7)
            + 19 * pow({{ normal_quantile }}, 5)
            + 17 * pow({{ normal_quantile }}, 3)
            - 15 * {{ normal_quantile }}
        ) / (384 * pow(degrees_of_freedom, 3))
        + (
            79 * pow({{ normal_quantile }}, 9)
            + 776 * pow({{ normal_quantile }}, 7)
            + 1482 * pow({{ normal_quantile }}, 5)
            - 1920 * pow({{ normal_quantile }}, 3)
            - 945 * {{ normal_quantile }}
        ) / (92160 * pow(degrees_of_freedom, 4)) as t_quantile
    from welch
),

final as (
    select
        experiment_id,
        metric,
        cast(control_users as bigint) as control_users,
        cast(treatment_users as bigint) as treatment_users,
        cast(crossed_users as bigint) as crossed_users,
        control_mean,
        treatment_mean,
        lift,
        lift / nullif(control_mean, 0) as relative_lift,
        standard_error,
        degrees_of_freedom,
        lift - t_quantile * standard_error as ci_low,
        lift + t_quantile * standard_error as ci_high
    from quantiles
)

select * from final

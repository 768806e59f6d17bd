-- One row per date and user with at least one play that ended on it
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'activity_date', 'data_type': 'date'},
    meta={'date': 'activity_date', 'restate_by': 'user_id'},
) }}

with

plays as (
    select * from {{ ref('int_track_plays') }}
    where {{ changed_dates('play_date') }}
),

final as (
    select distinct
        play_date as activity_date,
        user_id
    from plays
)

select * from final

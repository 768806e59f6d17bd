-- One row per search, with what came of it
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'search_date', 'data_type': 'date'},
    meta={
        'date': 'search_date',
        'restate_by': 'user_id',
        'windows': {
            'stg_search_result_clicked': {'after': 1},
            'int_track_plays': {'after': 2},
        },
    },
) }}

with

searches as (
    select * from {{ ref('stg_search_performed') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

clicks as (
    select * from {{ ref('stg_search_result_clicked') }}
    where {{ changed_dates('cast(occurred_at as date)', 'stg_search_result_clicked') }}
),

plays as (
    select * from {{ ref('int_track_plays') }}
    where {{ changed_dates('play_date', 'int_track_plays') }}
),

-- one row per search and click on its results within a day; a search_id may be shared
-- by searches that show further pages. An event id comes back where copies are further
-- apart than the look-back, and such a copy may say another time
clicked as (
    select distinct
        searches.event_id as search_event_id,
        searches.occurred_at as searched_at,
        searches.session_id,
        searches.user_id,
        clicks.event_id as click_event_id,
        clicks.occurred_at as clicked_at,
        clicks.position,
        clicks.track_id
    from searches
    inner join clicks
        on
            searches.search_id = clicks.search_id
            and searches.user_id = clicks.user_id
            and searches.occurred_at <= clicks.occurred_at
            and clicks.occurred_at <= {{ add_seconds('searches.occurred_at', 86400) }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by search_event_id, searched_at
            order by clicked_at, click_event_id
        ) as place
    from clicked
),

first_clicks as (
    select * from numbered
    where place = 1
),

click_counts as (
    select
        search_event_id,
        searched_at,
        count(*) as clicks
    from clicked
    group by search_event_id, searched_at
),

played as (
    select distinct
        clicked.search_event_id,
        clicked.searched_at
    from clicked
    inner join plays
        on
            clicked.session_id = plays.session_id
            and clicked.user_id = plays.user_id
            and clicked.track_id = plays.track_id
            and clicked.clicked_at <= plays.ended_at
            and plays.ended_at <= {{ add_seconds('clicked.clicked_at', 86400) }}
),

final as (
    select
        searches.event_id as search_event_id,
        searches.search_id,
        cast(searches.occurred_at as date) as search_date,
        searches.occurred_at as searched_at,
        searches.user_id,
        searches.session_id,
        searches.result_count,
        searches.latency_ms,
        coalesce(searches.is_voice, false) as is_voice,
        coalesce(click_counts.clicks, 0) as clicks,
        first_clicks.position as first_click_position,
        first_clicks.clicked_at as first_clicked_at,
        played.search_event_id is not null as is_played,
        case
            when played.search_event_id is not null then 'played'
            when click_counts.clicks > 0 then 'clicked'
            when searches.result_count > 0 then 'results'
            else 'no_results'
        end as funnel_step
    from searches
    left outer join click_counts
        on
            searches.event_id = click_counts.search_event_id
            and searches.occurred_at = click_counts.searched_at
    left outer join first_clicks
        on
            searches.event_id = first_clicks.search_event_id
            and searches.occurred_at = first_clicks.searched_at
    left outer join played
        on
            searches.event_id = played.search_event_id
            and searches.occurred_at = played.searched_at
)

select * from final

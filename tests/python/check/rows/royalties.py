"""Good and broken rows of the royalty statement; see test_reference_suites.py."""

from __future__ import annotations

from check.rows import listening

GOOD = {
    "fct_monthly_royalties": f"""
        select date_trunc('month', stream_date)::date as month_start_date,
            case when stream_id = 's1' then 'unknown' when stream_id < 's5' then 'one' else 'two'
                end as rights_holder_id,
            count(*) as streams, count(distinct user_id) as listeners,
            sum(ms_played)::bigint as ms_played, countif(stream_id < 's3') as premium_streams,
            (premium_streams * 0.004 + (streams - premium_streams) * 0.0015)::decimal(18, 6)
                as royalty_usd
        from ({listening.GOOD["fct_streams"]}) as heard
        group by all
    """,
}
READ = {
    ("fct_monthly_royalties", "dim_tracks"): """
        select unnest(['one', 'two', 'three']) as rights_holder_id
    """,
}
BROKEN = {
    ("fct_monthly_royalties", 0): "rights_holder_id = 'two' where rights_holder_id = 'one'",
    ("fct_monthly_royalties", 1): "month_start_date = month_start_date + 1",
    ("fct_monthly_royalties", 2): "listeners = streams + 1 where rights_holder_id = 'two'",
    ("fct_monthly_royalties", 3): (
        "premium_streams = streams + 1, royalty_usd = (40 * streams + 25) / 10000.0"
        " where rights_holder_id = 'two'"
    ),
    ("fct_monthly_royalties", 4): (
        "ms_played = ms_played + case rights_holder_id when 'one' then 1000000 else -1000000 end"
        " where rights_holder_id in ('one', 'two') and month_start_date = '2026-01-01'"
    ),
    ("fct_monthly_royalties", 5): (
        "royalty_usd = royalty_usd + 0.0001 where rights_holder_id = 'two'"
    ),
    ("fct_monthly_royalties", 6): (
        "streams = streams - 1, royalty_usd = royalty_usd - 0.0015 where rights_holder_id = 'two'"
    ),
    ("fct_monthly_royalties", 7): (
        "rights_holder_id = case rights_holder_id when 'unknown' then 'one' else 'unknown' end"
        " where rights_holder_id in ('one', 'unknown')"
    ),
    (
        "fct_monthly_royalties",
        8,
    ): "rights_holder_id = 'nobody' where month_start_date = '2026-02-01'",
}

-- Whom do we owe for this month's streams, and how much?
-- models/marts/catalogue/fct_monthly_royalties.sql has every month; its suite reconciles it with fct_streams
select
    coalesce(any_value(rights_holder_name), rights_holder_id) as "rights holder",
    any_value(streams) as streams,
    printf('%.0f %%', 100 * any_value(premium_streams) / any_value(streams)) as premium,
    printf('%.2f', any_value(royalty_usd)) as "US dollars",
from marts.fct_monthly_royalties
left join marts.dim_tracks using (rights_holder_id)
where month_start_date = (select max(month_start_date) from marts.fct_monthly_royalties)
group by rights_holder_id
order by any_value(royalty_usd) desc
limit 5

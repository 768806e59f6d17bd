-- What is there before and beside the days: people, their plans, music and its owners.
--
-- Variables: start (date), days, users, world. Moments are UTC, in whole milliseconds.

set variable opening = getvariable('start')::timestamp;
set variable closing = getvariable('opening') + to_days(getvariable('days'));
set variable length_ms = getvariable('days')::bigint * 86400000;
set variable tracks = least(50000, 200 + 2 * getvariable('users'));
set variable artists = 1 + getvariable('tracks') // 6;

-- Where, hours from UTC.
create macro countries() as [
    {'code': 'SE', 'offset_hours': 1}, {'code': 'DE', 'offset_hours': 1},
    {'code': 'US', 'offset_hours': -5}, {'code': 'US', 'offset_hours': -8},
    {'code': 'GB', 'offset_hours': 0}, {'code': 'BR', 'offset_hours': -3},
    {'code': 'BR', 'offset_hours': -3}, {'code': 'IN', 'offset_hours': 5},
    {'code': 'JP', 'offset_hours': 9}, {'code': 'ID', 'offset_hours': 7}
];

create macro plans() as ['free', 'free', 'free', 'premium', 'premium', 'family', 'student'];

create macro price_of(plan) as case plan
    when 'free' then 0 when 'student' then 5.99 when 'premium' then 11.99 else 19.99
end;

create macro user_id_of(number) as 'u-' || md5(concat_ws('/', getvariable('world'), number))[1:12];

create macro track_id_of(number) as base62_of(concat_ws('/', getvariable('world'), 'track', number));

create macro tracks_artist(number) as
    zipf(child(0, 'track', number), 'artist', getvariable('artists'));

create macro artist_id_of(number) as base62_of(concat_ws('/', getvariable('world'), 'artist', number));


-- People -------------------------------------------------------------------------------

create table users as
select
    number as user_number,
    child(0, 'user', number) as user_key,
    user_id_of(number) as user_id,
    pick(countries(), user_key, 'country') as home,
    home['code'] as country,
    home['offset_hours'] as offset_hours,
    pick(['android', 'android', 'ios', 'ios', 'web', 'desktop', 'speaker'], user_key, 'platform')
        as platform,
    -- Most were there before; some of all join on the first instant of their month.
    if(
        chance(user_key, 'joined before') < 0.7,
        getvariable('opening') - ms(floor(pow(chance(user_key, 'age'), 1.5) * 400 * 86400000)::bigint),
        getvariable('opening') + ms(below(user_key, 'joined', getvariable('length_ms')))
    ) as joined_at,
    if(chance(user_key, 'on the first') < 0.03, date_trunc('month', joined_at), joined_at)
        as created_at,
    pick(plans(), user_key, 'plan') as first_plan,
    if(
        chance(user_key, 'churn') < 0.25,
        getvariable('opening') + ms(below(user_key, 'churned', getvariable('length_ms'))),
        'infinity'::timestamp
    ) as churned_at,
    -- How often it listens, of the five occasions of a day.
    0.06 + 0.5 * pow(chance(user_key, 'liking'), 2) as liking,
    -- A few clocks are minutes off, which nobody can tell; what they say is what counts.
    if(chance(user_key, 'clock') < 0.03, below(user_key, 'off', 6000000) - 3000000, 0)
        as clock_off_ms,
    case
        when chance(user_key, 'client') < 0.15 then 'infinity'::timestamp
        when chance(user_key, 'client') < 0.45
            then getvariable('opening') + ms(below(user_key, 'update', getvariable('length_ms')))
        else '-infinity'::timestamp
    end as second_major_from,
from range(getvariable('users')) as numbers(number);

-- What the accounts service says: once per user, and again for those who signed up twice.
create table sign_ups as
select
    child(user_key, 'sign-up', again) as key,
    user_id,
    if(again = 0, created_at, created_at + ms(below(user_key, 'again', 20 * 86400000)))
        as happened_at,
    if(again = 0, first_plan, pick(plans(), user_key, 'plan again')) as plan,
    if(again = 0, country, pick(countries(), user_key, 'country again')['code']) as country,
    pick(['organic', 'organic', 'organic', 'ad', 'friend', 'partner'], key, 'referral') as referral,
    if(
        chance(user_key, 'birth year') < 0.7, 1950 + below(user_key, 'born', 60), null
    ) as birth_year,
    -- Some accounts nobody ever hears of: of people who come rarely.
    if(again = 0 and liking < 0.08, 0.25, 0.001) as chance_of_loss,
from users
cross join range(2) as times(again)
where again = 0 or chance(user_key, 'signs up twice') < 0.03;

create table plan_changes as
with wished as (
    select
        *,
        child(user_key, 'change', change) as change_key,
        case
            -- Before the account was there, by a clock of the shop.
            when chance(change_key, 'too early') < 0.05 then created_at - interval 1 day
            when chance(change_key, 'in the window') < 0.5
                then getvariable('opening') + ms(below(change_key, 'when', getvariable('length_ms')))
            else created_at + ms(floor(
                chance(change_key, 'when') * epoch_ms(getvariable('closing') - created_at)
            )::bigint)
        end as thrown_at,
        case
            when chance(change_key, 'on the first') < 0.08
                then greatest(date_trunc('month', thrown_at), created_at)
            when thrown_at < created_at and chance(change_key, 'too early') >= 0.05 then created_at
            else thrown_at
        end as happened_at,
    from users
    cross join range(5) as changes(change)
    where chance(change_key, 'wish') < 0.3
),

twice as (
    select
        *,
        unnest(range(if(chance(change_key, 'twice') < 0.05, 2, 1))) as at_once,
        child(change_key, 'plan change', at_once) as key,
        pick(plans(), key, 'plan') as to_plan,
    from wished
)

select
    key,
    user_id,
    happened_at,
    lag(to_plan, 1, first_plan) over (
        partition by user_number order by happened_at, uuid_of(key, 'subscription_changed')
    ) as from_plan,
    to_plan,
    case
        when from_plan = 'free' then 'purchase'
        when to_plan = 'free'
            then pick(['cancel', 'cancel', 'payment_failed', 'trial_ended'], key, 'reason')
        when price_of(to_plan) < price_of(from_plan) then 'downgrade'
        else 'upgrade'
    end as reason,
    price_of(to_plan) as price_usd,
from twice;

-- The plan that the apps go by, which know of every change at once.
create table plan_periods as
with everything as (
    select user_id, created_at as since, first_plan as plan, 0 as key from users
    union all
    select user_id, happened_at as since, to_plan as plan, key from plan_changes
)

select user_id, since, max_by(plan, key) as plan
from everything
group by user_id, since;


-- Music --------------------------------------------------------------------------------

create table artists as
select
    number as artist_number,
    child(0, 'artist', number) as artist_key,
    artist_id_of(number) as artist_id,
    pick(['The', 'DJ', 'Los', 'Saint', 'Young', 'Miss'], artist_key, 'first') || ' '
    || pick(['Harbour', 'Lantern', 'Café', 'Orbit', 'Magpie', 'Tundra'], artist_key, 'last') || ' '
    || number as first_name,
    'The New ' || first_name as later_name,
    if(
        chance(artist_key, 'renamed') < 0.15,
        getvariable('opening') + ms(below(artist_key, 'when', getvariable('length_ms'))),
        'infinity'::timestamp
    ) as renamed_at,
from range(getvariable('artists')) as numbers(number);

-- In the order of how much they are heard.
create table tracks as
select
    number as track_number,
    child(0, 'track', number) as track_key,
    track_id_of(number) as track_id,
    tracks_artist(number) as artist_number,
    [artist_id_of(artist_number)]
    || if(
        chance(track_key, 'with') < 0.2,
        [artist_id_of(below(track_key, 'whom', getvariable('artists')))],
        []
    ) as artist_ids,
    pick(['Northern', 'Slow', 'Electric', 'Paper', 'Hollow', 'Golden', 'Última'], track_key, 'a')
    || ' ' || pick(['River', 'Letters', 'Summer', 'Engine', 'Ghosts', '"Song"'], track_key, 'b')
        as first_title,
    if(chance(track_key, 'single') < 0.2, null, 'Album ' || track_number // 10) as album_title,
    90000 + below(track_key, 'length', 270000) as length_ms,
    if(
        -- What is heard most was there before; of the rest some is heard before it is announced.
        number >= 40 and chance(track_key, 'is new') < 0.1,
        getvariable('opening') + ms(below(track_key, 'released', getvariable('length_ms'))),
        getvariable('opening') - ms(floor(chance(track_key, 'age') * 8 * 365 * 86400000)::bigint)
    ) as created_at,
    artists.first_name as artist_name,
from range(getvariable('tracks')) as numbers(number)
inner join artists on artists.artist_number = tracks_artist(number);

-- What the catalogue says: each change carries the whole of the track.
create table track_changes as
with wished as (
    select
        *,
        child(track_key, 'change', change) as change_key,
        if(
            chance(change_key, 'in the window') < 0.7,
            getvariable('opening') + ms(below(change_key, 'when', getvariable('length_ms'))),
            created_at + ms(floor(
                chance(change_key, 'when') * epoch_ms(getvariable('closing') - created_at)
            )::bigint)
        ) as happened_at,
        unnest(range(if(chance(change_key, 'twice') < 0.06, 2, 1))) as at_once,
        child(change_key, 'at once', at_once) as key,
        case
            when chance(key, 'what') < 0.55 then 'rights'
            when chance(key, 'what') < 0.75 then 'title'
            when chance(key, 'what') < 0.90 then 'withdrawal'
            else 'nothing'
        end as what,
    from tracks
    cross join range(3) as changes(change)
    -- What is heard most is sold most.
    where chance(change_key, 'wish') < if(track_number < 40, 0.5, 0.12)
),

all_changes as (
    select
        * exclude (change, change_key, at_once),
    from wished
    where happened_at > created_at
    union all by name
    select
        *,
        created_at as happened_at,
        child(track_key, 'created', 0) as key,
        'creation' as what,
    from tracks
    union all by name
    select
        tracks.*,
        renamed_at as happened_at,
        child(track_key, 'renamed', 0) as key,
        'name' as what,
    from tracks
    inner join artists using (artist_number)
    where isfinite(renamed_at) and renamed_at > created_at and chance(key, 'told') < 0.6
)

select
    key,
    track_id,
    happened_at,
    case what when 'creation' then 'created' when 'withdrawal' then 'withdrawn' else 'updated' end
        as change,
    first_title || repeat(' (Remastered)', (countif(what = 'title') over so_far)::integer) as title,
    artist_ids,
    if(happened_at >= renamed_at, later_name, first_name) as artist_name,
    album_title,
    length_ms as duration_ms,
    zipf(
        child(track_key, 'sold', countif(what = 'rights') over so_far),
        'rights holder',
        greatest(8, getvariable('tracks') // 100)
    ) as rights_holder,
    'rh-' || rights_holder as rights_holder_id,
    'Label No. ' || rights_holder as rights_holder_name,
from all_changes
inner join artists using (artist_number)
window so_far as (
    partition by track_number order by happened_at, uuid_of(key, 'catalogue_track_changed')
);

create table experiments as
select
    name as experiment_id,
    hash(name) as experiment_key,
    getvariable('opening') + ms((first * getvariable('length_ms'))::bigint) as runs_from,
    getvariable('opening') + ms((last * getvariable('length_ms'))::bigint) as runs_until,
    part,
from (
    values
    ('autoplay-v2', 0.0, 1.0, 0.7),
    ('new-home', 0.2, 0.6, 0.5),
    ('loud_search', 0.5, 1.0, 0.3),
    ('pilot', 0.1, 0.4, 0.02)
) as listed(name, first, last, part);

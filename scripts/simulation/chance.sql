-- Chance without dice: every throw is a hash of what it decides and of the world (seed and first
-- day), so that the same arguments give the same world, in whatever order it is computed.
--
-- A thing (a user, a session, a play) has a key, 64 bits; a salt names the question.

create macro child(key, kind, number) as
    hash(concat_ws('/', getvariable('world'), kind, key, number));

-- In [0, 1). The salt is hashed once per query, the key is a number: no text per row.
create macro chance(key, salt) as
    (hash(xor(key, hash(concat_ws('/', getvariable('world'), salt)))) >> 11) / 9007199254740992.0;

create macro below(key, salt, limit_) as floor(chance(key, salt) * limit_)::bigint;

create macro pick(options, key, salt) as options[1 + below(key, salt, len(options))];

-- How long until something that comes after `mean` on average.
create macro waiting(key, salt, mean) as floor(-mean * ln(1 - chance(key, salt)))::bigint;

-- A bell with this middle and spread.
create macro about(key, salt, middle, spread) as middle + 2 * spread * (
    chance(key, salt || ' 1') + chance(key, salt || ' 2') + chance(key, salt || ' 3') - 1.5
);

-- Zipf: the n-th of so many, from 0, is chosen as often as 1 / (n + 1).
create macro zipf(key, salt, so_many) as
    least(so_many, floor(pow(so_many + 1, chance(key, salt))))::bigint - 1;

create macro uuid_of(key, salt) as
    md5(concat_ws('/', getvariable('world'), salt, key))::uuid::varchar;

create macro base62_of(name) as translate(base64(unhex(sha256(name))), '+/', 'Qz')[1:22];

create macro rfc3339(moment) as strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ');

create macro ms(so_many) as to_milliseconds(so_many);

-- One row per delivered thing_happened record, typed, checked and pseudonymised
-- Generated from contracts/things/thing_happened.v1.yml by `headwater sync`: edit that






with delivered as (
    select
        received_at,
        _received_from,
        _file,
        _file_id,
        _line,
        _load_id,
        if(
            _format = 'csv',
            (
                select
                    concat('{', ifnull(string_agg(concat(to_json_string(name), ':', case
                        when name = 'data' and (json_type(safe.parse_json(cell, wide_number_mode => 'round')) = 'object'
                and not regexp_contains(cell, r'(?i)[:,[]\s*-?(nan|inf)|,\s*[]}]')) then cell
                        else to_json_string(cell)
                    end), ','), ''), '}')
                from (
                    select if(starts_with(key, '"'), ifnull(json_value(safe.parse_json(key)), key), key) as name, json_value(row_[if(starts_with(key, '"'), ifnull(json_value(safe.parse_json(key)), key), key)]) as cell
                    from
                        unnest([safe.parse_json(record)]) as row_,
                        unnest(json_keys(row_, 1)) as key
                )
            ),
            record
        ) as _document
    from raw_thing_happened
    where true
),

parsed as (
    select
        *,
        safe.parse_json(_document, wide_number_mode => 'round') as _fields
    from delivered
),

extracted as (
    select
        *,
        json_type(_fields) as _type_record,
        coalesce(json_type(_fields['data']) = 'object', false) as _has_payload,
        json_type(_fields['type']) as _type_event_type,
        case
            when
                json_type(_fields['type']) = 'string'
                or (
                    json_type(_fields['type']) = 'number'
                    and regexp_contains(json_value(_fields['type']), '^-?[0-9]+$')
                )
                then json_value(_fields['type'])
        end as _event_type,
        case
            when
                json_type(_fields['source']) = 'string'
                or (
                    json_type(_fields['source']) = 'number'
                    and regexp_contains(json_value(_fields['source']), '^-?[0-9]+$')
                )
                then json_value(_fields['source'])
        end as _event_id_1,
        case
            when
                json_type(_fields['id']) = 'string'
                or (
                    json_type(_fields['id']) = 'number'
                    and regexp_contains(json_value(_fields['id']), '^-?[0-9]+$')
                )
                then json_value(_fields['id'])
        end as _event_id_2,
        json_type(_fields['dataschemaversion']) as _type_schema_version,
        case
            when json_type(_fields['dataschemaversion']) in ('string', 'number')
                then json_value(_fields['dataschemaversion'])
        end as _schema_version,
        case
            when
                json_type(_fields['time']) = 'string'
                or (
                    json_type(_fields['time']) = 'number'
                    and regexp_contains(json_value(_fields['time']), '^-?[0-9]+$')
                )
                then json_value(_fields['time'])
        end as _occurred_at,
        json_type(_fields['data']['person']) as _type_person,
        if(
                json_type(_fields['data']['person']) = 'string',
                json_value(_fields['data']['person']),
                null
            ) as person,
        json_type(_fields['data']['kind']) as _type_kind,
        if(
                json_type(_fields['data']['kind']) = 'string',
                json_value(_fields['data']['kind']),
                null
            ) as kind,
        case
                when
                    json_type(_fields['data']['size']) = 'number'
                    and trunc(safe_cast(json_value(_fields['data']['size']) as float64))
                    = safe_cast(json_value(_fields['data']['size']) as float64)
                    then 'integer'
                else json_type(_fields['data']['size'])
            end as _type_size,
        if(
                json_type(_fields['data']['size']) = 'number',
                coalesce(
            safe_cast(json_value(_fields['data']['size']) as int64),
            if(
                abs(safe_cast(json_value(_fields['data']['size']) as float64)) < 9223372036854775808.0
                and trunc(safe_cast(json_value(_fields['data']['size']) as float64)) = safe_cast(json_value(_fields['data']['size']) as float64),
                safe_cast(safe_cast(json_value(_fields['data']['size']) as float64) as int64),
                null
            )
        ),
                null
            ) as size,
        json_type(_fields['data']['share']) as _type_share,
        if(
                json_type(_fields['data']['share']) = 'number',
                safe_cast(json_value(_fields['data']['share']) as float64),
                null
            ) as share,
        json_type(_fields['data']['is_new']) as _type_is_new,
        if(
                json_type(_fields['data']['is_new']) = 'boolean',
                safe_cast(json_value(_fields['data']['is_new']) as bool),
                null
            ) as is_new,
        json_type(_fields['data']['tags']) as _type_tags,
        if(
                if(
            json_type(_fields['data']['tags']) = 'array',
            not exists(
                select 1
                from unnest(json_query_array(_fields['data']['tags'])) as item
                where json_type(item) != 'string'
            ),
            null
        ),
                array(
                    select json_value(item)
                    from unnest(json_query_array(_fields['data']['tags'])) as item with offset as position
                    order by position
                ),
                []
            ) as tags,
        if(
            json_type(_fields['data']['tags']) = 'array',
            not exists(
                select 1
                from unnest(json_query_array(_fields['data']['tags'])) as item
                where json_type(item) != 'string'
            ),
            null
        ) as _are_items_typed_tags,
        json_type(_fields['data']['seen_at']) as _type_seen_at,
        if(
                json_type(_fields['data']['seen_at']) = 'string',
                json_value(_fields['data']['seen_at']),
                null
            ) as _text_seen_at,
        json_type(_fields['data']['device']) as _type_device,
        coalesce(json_type(_fields['data']['device']) = 'object', false) as has_device,
        json_type(_fields['data']['device']['os']) as _type_device__os,
        if(
                json_type(_fields['data']['device']['os']) = 'string',
                json_value(_fields['data']['device']['os']),
                null
            ) as device__os,
        array(
            select distinct concat(
                parent,
                if(regexp_contains(name, '^[A-Za-z_][A-Za-z0-9_.]*$'), name, '(other)'),
                ':',
                json_type(container[name])
            ) as field
            from (
                select
                    '' as parent,
                    _fields['data'] as container,
                    if(starts_with(name, '"'), ifnull(json_value(safe.parse_json(name)), name), name) as name
                from unnest(json_keys(_fields['data'], 1)) as name
                where if(starts_with(name, '"'), ifnull(json_value(safe.parse_json(name)), name), name) not in ('person', 'kind', 'size', 'share', 'is_new', 'tags', 'seen_at', 'device') union all
                select
                    'device.' as parent,
                    _fields['data']['device'] as container,
                    if(starts_with(name, '"'), ifnull(json_value(safe.parse_json(name)), name), name) as name
                from unnest(json_keys(_fields['data']['device'], 1)) as name
                where if(starts_with(name, '"'), ifnull(json_value(safe.parse_json(name)), name), name) not in ('os')
            )
            order by field
        ) as unknown_fields
    from parsed
),

typed as (
    select
        *,
        replace(replace(_event_id_1, '\\', '\\\\'), '|', '\\|') || '|' || replace(replace(_event_id_2, '\\', '\\\\'), '|', '\\|') as event_id,
        if(
            regexp_contains(_schema_version, r'^(?:1)(?:[.-][0-9]+)*$'), _schema_version, null
        ) as schema_version,
        if(
            regexp_contains(_occurred_at, r'^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?$'),safe.timestamp_sub(
                safe_cast(
                    regexp_replace(
                        regexp_extract(upper(_occurred_at), r'^[0-9T: -]{19}(?:[.][0-9]{1,6})?'), 'T', ' '
                    ) as timestamp
                ),
                interval coalesce(
                    60 * safe_cast(regexp_extract(_occurred_at, r'([+-][0-9]{2}):[0-9]{2}$') as int64)
                    + safe_cast(concat(
                        regexp_extract(_occurred_at, r'([+-])[0-9]{2}:[0-9]{2}$'),
                        regexp_extract(_occurred_at, r'[+-][0-9]{2}:([0-9]{2})$')
                    ) as int64),
                    0
                ) minute
            ),
            null
        ) as occurred_at,
        if(
            regexp_contains(_text_seen_at, r'^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$'),safe.timestamp_sub(
                safe_cast(
                    regexp_replace(
                        regexp_extract(upper(_text_seen_at), r'^[0-9T: -]{19}(?:[.][0-9]{1,6})?'), 'T', ' '
                    ) as timestamp
                ),
                interval coalesce(
                    60 * safe_cast(regexp_extract(_text_seen_at, r'([+-][0-9]{2}):[0-9]{2}$') as int64)
                    + safe_cast(concat(
                        regexp_extract(_text_seen_at, r'([+-])[0-9]{2}:[0-9]{2}$'),
                        regexp_extract(_text_seen_at, r'[+-][0-9]{2}:([0-9]{2})$')
                    ) as int64),
                    0
                ) minute
            ),
            null
        ) as seen_at
    from extracted
),

checked as (
    select
        *,
        if(
            ifnull(_type_record = 'object', false),
            array(
                select reason
                from unnest([
            case
                when
                    not _type_event_type = 'null'
                    and (_event_type = 'thing_happened') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when
                    (
                        occurred_at between timestamp_add(received_at, interval -2592000 second)
                        and timestamp_add(received_at, interval 3600 second)
                    ) is not true
                    then 'envelope.occurred_at'
            end,
            case when _received_from = 'fallback' then 'envelope.received_at' end,
            case
                when
                    not _type_schema_version = 'null'
                    and schema_version is null
                    then 'envelope.schema_version'
            end,
            case when not _has_payload then 'payload.type' end,
            case when _has_payload and _type_person is null then 'person.required' end,
            case
                when not _type_person = 'string'
                    then 'person.type'
            end,
            case
                when
                    _type_person = 'string'
                    and (length(person) >= 1) is not true
                    then 'person.minLength'
            end,
            case
                when
                    _type_kind is not null
                    and (kind in ('opened', 'closed')) is not true
                    then 'kind.enum'
            end,
            case
                when not _type_size in ('integer', 'null')
                    then 'size.type'
            end,
            case
                when _type_size = 'integer' and size is null
                    then 'size.int64'
            end,
            case
                when size is not null and (size >= 0) is not true
                    then 'size.minimum'
            end,
            case
                when size is not null and (size <= 100) is not true
                    then 'size.maximum'
            end,
            case when not _type_share = 'number' then 'share.type' end,
            case
                when _type_share = 'number' and (share <= 1) is not true
                    then 'share.maximum'
            end,
            case
                when not _type_is_new = 'boolean'
                    then 'is_new.type'
            end,
            case when not _type_tags = 'array' then 'tags.type' end,
            case when not _are_items_typed_tags then 'tags.items.type' end,
            case
                when not not exists(select 1 from unnest(tags) as item where (regexp_contains(item, '^[a-z]+$')) is not true)
                    then 'tags.items.pattern'
            end,
            case
                when not _type_seen_at = 'string'
                    then 'seen_at.type'
            end,
            case
                when _type_seen_at = 'string' and seen_at is null
                    then 'seen_at.format'
            end,
            case
                when not _type_device = 'object'
                    then 'device.type'
            end,
            case
                when exists(
            select 1
            from unnest(json_keys(_fields['data']['device'], 1)) as name
            where if(starts_with(name, '"'), ifnull(json_value(safe.parse_json(name)), name), name) not in ('os')
        )
                    then 'device.additionalProperties'
            end,
            case
                when has_device and _type_device__os is null
                    then 'device.os.required'
            end,
            case
                when not _type_device__os = 'string'
                    then 'device.os.type'
            end,
            case
                when
                    _type_device__os = 'string'
                    and (length(device__os) <= 20) is not true
                    then 'device.os.maxLength'
            end
        ]) as reason with offset as position
                where reason is not null
                order by position
            ),
            ['record.type']
        ) as violations
    from typed
),

final as (
    select
        checked.event_id,
        checked.schema_version,
        checked.occurred_at,
        checked.received_at,
        coalesce(
        person_key.pseudonym,
        case
            when checked.person is not null
                then cast(error('an identifier has no key yet; run again') as string)
        end
    ) as person,
        checked.kind,
        checked.size,
        checked.share,
        checked.is_new,
        checked.tags,
        checked.seen_at,
        checked.has_device,
        checked.device__os,
        checked.unknown_fields,
        checked.violations,
        array_length(checked.violations) = 0 as is_valid,
        array_length(checked.violations) = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        timestamp_trunc(checked.received_at, hour) as _hour,
        'b53eb380c152d1d768da791056915131' as _contract_hash
    from checked
    left outer join keys_identifiers as person_key
        on checked.person = person_key.value
)

select * from final

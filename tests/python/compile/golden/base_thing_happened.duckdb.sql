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
        case
            when _format = 'csv'
                then '{' || array_to_string(list_transform(
                    map_entries(cast(cast(record as json) as map(varchar, json))),
                    lambda cell: cast(to_json(cell.key) as varchar) || ':' || case
                        when cell.key = 'data' and (json_valid(json_extract_string(cell.value, '$')) and json_type(json_extract_string(cell.value, '$')) = 'OBJECT'
                and not regexp_matches(json_extract_string(cell.value, '$'), '(?i)[:,[]\s*-?(nan|inf)|,\s*[]}]')) then json_extract_string(cell.value, '$')
                        else cast(cell.value as varchar)
                    end
                ), ',') || '}'
            else record
        end as _document
    from raw_thing_happened
    where true
),

parsed as (
    select
        *,
        try(from_json(_document, '{"type": "VARCHAR", "source": "VARCHAR", "id": "VARCHAR", "time": "VARCHAR", "receivedtime": "VARCHAR", "dataschemaversion": "VARCHAR", "data": {"person": "VARCHAR", "kind": "VARCHAR", "size": "VARCHAR", "share": "DOUBLE", "is_new": "BOOLEAN", "tags": "JSON", "seen_at": "VARCHAR", "device": {"os": "VARCHAR"}}}')) as _fields,
        try(json_type(_document, ['$', '$."type"', '$."source"', '$."id"', '$."time"', '$."receivedtime"', '$."dataschemaversion"', '$."data"', '$."data"."person"', '$."data"."kind"', '$."data"."size"', '$."data"."share"', '$."data"."is_new"', '$."data"."tags"', '$."data"."seen_at"', '$."data"."device"', '$."data"."device"."os"'])) as _types,
        try(json_keys(_document, ['$."data"', '$."data"."device"'])) as _keys
    from delivered
),

extracted as (
    select
        *,
        _types[1] as _type_record,
        coalesce(_types[8] = 'OBJECT', false) as _has_payload,
        _types[2] as _type_event_type,
        case
            when _types[2] in ('VARCHAR', 'BIGINT', 'UBIGINT')
                then cast(_fields.type as varchar)
        end as _event_type,
        case
            when _types[3] in ('VARCHAR', 'BIGINT', 'UBIGINT')
                then cast(_fields.source as varchar)
        end as _event_id_1,
        case
            when _types[4] in ('VARCHAR', 'BIGINT', 'UBIGINT')
                then cast(_fields.id as varchar)
        end as _event_id_2,
        _types[7] as _type_schema_version,
        case
            when _types[7] in ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE')
                then cast(_fields.dataschemaversion as varchar)
        end as _schema_version,
        case
            when _types[5] in ('VARCHAR', 'BIGINT', 'UBIGINT')
                then cast(_fields.time as varchar)
        end as _occurred_at,
        _types[9] as _type_person,
        case when _types[9] = 'VARCHAR' then _fields.data.person end as person,
        _types[10] as _type_kind,
        case when _types[10] = 'VARCHAR' then _fields.data.kind end as kind,
        case
                when
                    _types[11] = 'DOUBLE'
                    and try_cast(_fields.data.size as double) % 1 = 0
                    then 'BIGINT'
                else _types[11]
            end as _type_size,
        case
                when _types[11] in ('BIGINT', 'UBIGINT') then try_cast(_fields.data.size as bigint)
                when _types[11] = 'DOUBLE' then case
            when _fields.data.size not similar to '-?[0-9]+'
                then case
                    when
                        abs(try_cast(_fields.data.size as double)) < 9223372036854775808.0
                        and try_cast(_fields.data.size as double) % 1 = 0
                        then try_cast(try_cast(_fields.data.size as double) as bigint)
                end
            else try_cast(_fields.data.size as bigint)
        end
            end as size,
        _types[12] as _type_share,
        case when _types[12] in ('BIGINT', 'UBIGINT', 'DOUBLE') then _fields.data.share end as share,
        _types[13] as _type_is_new,
        case when _types[13] = 'BOOLEAN' then _fields.data.is_new end as is_new,
        _types[14] as _type_tags,
        case
                when case
            when _types[14] = 'ARRAY'
                then len(list_filter(json_type(_fields.data.tags, '$[*]'), lambda item: not item = 'VARCHAR')) = 0
        end
                    then from_json(_fields.data.tags, '["VARCHAR"]')
                else []
            end as tags,
        case
            when _types[14] = 'ARRAY'
                then len(list_filter(json_type(_fields.data.tags, '$[*]'), lambda item: not item = 'VARCHAR')) = 0
        end as _are_items_typed_tags,
        _types[15] as _type_seen_at,
        case when _types[15] = 'VARCHAR' then _fields.data.seen_at end as _text_seen_at,
        _types[16] as _type_device,
        coalesce(_types[16] = 'OBJECT', false) as has_device,
        _types[17] as _type_device__os,
        case when _types[17] = 'VARCHAR' then _fields.data.device.os end as device__os,
        case
            when
                case
            when len(_keys[1]) <> (
                0
                + cast(_types[9] is not null as integer)
                + cast(_types[10] is not null as integer)
                + cast(_types[11] is not null as integer)
                + cast(_types[12] is not null as integer)
                + cast(_types[13] is not null as integer)
                + cast(_types[14] is not null as integer)
                + cast(_types[15] is not null as integer)
                + cast(_types[16] is not null as integer)
            )
                then len(list_filter(_keys[1], lambda name: name not in ('person', 'kind', 'size', 'share', 'is_new', 'tags', 'seen_at', 'device'))) > 0
            else false
        end
                or case
            when len(_keys[2]) <> (
                0
                + cast(_types[17] is not null as integer)
            )
                then len(list_filter(_keys[2], lambda name: name not in ('os'))) > 0
            else false
        end
                then list_sort(list_distinct(list_concat(
                    list_transform(
                        list_filter(
                            _keys[1],
                            lambda name: name not in ('person', 'kind', 'size', 'share', 'is_new', 'tags', 'seen_at', 'device')
                        ),
                        lambda name: concat(
                            '',
                            case
                                when regexp_matches(name, '^[A-Za-z_][A-Za-z0-9_.]*$') then name
                                else '(other)'
                            end,
                            ':',
                            case json_type(
                                _document,
                                '/data/' || replace(replace(name, '~', '~0'), '/', '~1')
                            )
                                when 'VARCHAR' then 'string'
                                when 'BOOLEAN' then 'boolean'
                                when 'OBJECT' then 'object'
                                when 'ARRAY' then 'array'
                                when 'NULL' then 'null'
                                else 'number'
                            end
                        )
                    ),
                    list_transform(
                        list_filter(
                            _keys[2],
                            lambda name: name not in ('os')
                        ),
                        lambda name: concat(
                            'device.',
                            case
                                when regexp_matches(name, '^[A-Za-z_][A-Za-z0-9_.]*$') then name
                                else '(other)'
                            end,
                            ':',
                            case json_type(
                                _document,
                                '/data/device/' || replace(replace(name, '~', '~0'), '/', '~1')
                            )
                                when 'VARCHAR' then 'string'
                                when 'BOOLEAN' then 'boolean'
                                when 'OBJECT' then 'object'
                                when 'ARRAY' then 'array'
                                when 'NULL' then 'null'
                                else 'number'
                            end
                        )
                    )
                )))
            else []
        end as unknown_fields
    from parsed
),

typed as (
    select
        *,
        replace(replace(_event_id_1, '\', '\\'), '|', '\|') || '|' || replace(replace(_event_id_2, '\', '\\'), '|', '\|') as event_id,
        case
            when regexp_matches(_schema_version, '^(?:1)(?:[.-][0-9]+)*$') then _schema_version
        end as schema_version,
        case
            when regexp_matches(_occurred_at, '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$')
                then case
                    when _occurred_at >= '0002' and _occurred_at < '9999'
                        then try_cast(upper(_occurred_at) as timestamptz) at time zone 'UTC'
                    when
                        try_cast(upper(_occurred_at) as timestamptz)
                        between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'
                        then try_cast(upper(_occurred_at) as timestamptz) at time zone 'UTC'
                end
            when regexp_matches(_occurred_at, '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?$') and _occurred_at >= '0001'
                then try_cast(upper(_occurred_at) as timestamp)
        end as occurred_at,
        case
            when regexp_matches(_text_seen_at, '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$')
                then case
                    when _text_seen_at >= '0002' and _text_seen_at < '9999'
                        then try_cast(upper(_text_seen_at) as timestamptz) at time zone 'UTC'
                    when
                        try_cast(upper(_text_seen_at) as timestamptz)
                        between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'
                        then try_cast(upper(_text_seen_at) as timestamptz) at time zone 'UTC'
                end
        end as seen_at
    from extracted
),

checked as (
    select
        *,
        case
            when _type_record = 'OBJECT'
                then list_filter([
            case
                when
                    not _type_event_type = 'NULL'
                    and (_event_type = 'thing_happened') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when
                    (
                        occurred_at between received_at + to_seconds(-2592000)
                        and received_at + to_seconds(3600)
                    ) is not true
                    then 'envelope.occurred_at'
            end,
            case when _received_from = 'fallback' then 'envelope.received_at' end,
            case
                when
                    not _type_schema_version = 'NULL'
                    and schema_version is null
                    then 'envelope.schema_version'
            end,
            case when not _has_payload then 'payload.type' end,
            case when _has_payload and _type_person is null then 'person.required' end,
            case
                when not _type_person = 'VARCHAR'
                    then 'person.type'
            end,
            case
                when
                    _type_person = 'VARCHAR'
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
                when not _type_size in ('BIGINT', 'UBIGINT', 'NULL')
                    then 'size.type'
            end,
            case
                when _type_size in ('BIGINT', 'UBIGINT') and size is null
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
            case when not _type_share in ('BIGINT', 'UBIGINT', 'DOUBLE') then 'share.type' end,
            case
                when _type_share in ('BIGINT', 'UBIGINT', 'DOUBLE') and (share <= 1) is not true
                    then 'share.maximum'
            end,
            case
                when not _type_is_new = 'BOOLEAN'
                    then 'is_new.type'
            end,
            case when not _type_tags = 'ARRAY' then 'tags.type' end,
            case when not _are_items_typed_tags then 'tags.items.type' end,
            case
                when not len(list_filter(tags, lambda item: (regexp_matches(item, '^[a-z]+$')) is not true)) = 0
                    then 'tags.items.pattern'
            end,
            case
                when not _type_seen_at = 'VARCHAR'
                    then 'seen_at.type'
            end,
            case
                when _type_seen_at = 'VARCHAR' and seen_at is null
                    then 'seen_at.format'
            end,
            case
                when not _type_device = 'OBJECT'
                    then 'device.type'
            end,
            case
                when case
            when len(_keys[2]) <> (
                0
                + cast(_types[17] is not null as integer)
            )
                then len(list_filter(_keys[2], lambda name: name not in ('os'))) > 0
            else false
        end
                    then 'device.additionalProperties'
            end,
            case
                when has_device and _type_device__os is null
                    then 'device.os.required'
            end,
            case
                when not _type_device__os = 'VARCHAR'
                    then 'device.os.type'
            end,
            case
                when
                    _type_device__os = 'VARCHAR'
                    and (length(device__os) <= 20) is not true
                    then 'device.os.maxLength'
            end
        ], lambda reason: reason is not null)
            else ['record.type']
        end as violations
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
                then cast(error('an identifier has no key yet; run again') as varchar)
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
        len(checked.violations) = 0 as is_valid,
        len(checked.violations) = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        date_trunc('hour', checked.received_at) as _hour,
        'b53eb380c152d1d768da791056915131' as _contract_hash
    from checked
    left outer join keys_identifiers as person_key
        on checked.person = person_key.value
)

select * from final

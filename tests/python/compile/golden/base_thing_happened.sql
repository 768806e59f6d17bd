-- One row per delivered thing_happened record, typed, checked and pseudonymised
-- Generated from contracts/things/thing_happened.v1.yml by `headwater sync`: edit that
{{
    config(
        materialized='incremental',
        incremental_strategy='slices',
        on_schema_change='append_new_columns',
        full_refresh=false,
        partition_by={
            'field': 'received_at',
            'data_type': 'timestamp',
            'granularity': 'hour',
        },
        cluster_by=['event_id'],
        meta={
            'kind': 'base',
            'event_type': 'thing_happened',
            'contract_hash': 'b53eb380c152d1d768da791056915131',
            'date': 'occurred_at',
            'dedup_lookback_seconds': 1209600,
            'restate_by': 'person',
            'identifiers': {'data.person': 'string'},
            'csv_cells': {'data': ['object']},
        },
    )
}}

{% set shape = {
    '': 'envelope',
    'type': 'string',
    'source': 'string',
    'id': 'string',
    'time': 'string',
    'receivedtime': 'string',
    'dataschemaversion': 'string',
    'data': 'object',
    'data.person': 'string',
    'data.kind': 'string',
    'data.size': 'integer',
    'data.share': 'number',
    'data.is_new': 'boolean',
    'data.tags': 'string[]',
    'data.seen_at': 'string',
    'data.device': 'object',
    'data.device.os': 'string',
} %}

{% set csv_cells = {
    'data': ['object'],
} %}

with delivered as (
    select
        received_at,
        _received_from,
        _file,
        _file_id,
        _line,
        _load_id,
        {{ csv_as_json('record', '_format', csv_cells) }} as _document
    from {{ source('raw', 'thing_happened') }}
    where {{ unbuilt_slices() }}
),

parsed as (
    select
        *,
        {{ json_parse('_document', shape) }}
    from delivered
),

extracted as (
    select
        *,
        {{ json_type(shape, '') }} as _type_record,
        {{ json_is_object(shape, 'data') }} as _has_payload,
        {{ json_type(shape, 'type') }} as _type_event_type,
        {{ json_text(shape, 'type') }} as _event_type,
        {{ json_text(shape, 'source') }} as _event_id_1,
        {{ json_text(shape, 'id') }} as _event_id_2,
        {{ json_type(shape, 'dataschemaversion') }} as _type_schema_version,
        {{ json_number_text(shape, 'dataschemaversion') }} as _schema_version,
        {{ json_text(shape, 'time') }} as _occurred_at,
        {{ json_type(shape, 'data.person') }} as _type_person,
        {{ json_value(shape, 'data.person') }} as person,
        {{ json_type(shape, 'data.kind') }} as _type_kind,
        {{ json_value(shape, 'data.kind') }} as kind,
        {{ json_type(shape, 'data.size') }} as _type_size,
        {{ json_value(shape, 'data.size') }} as size,
        {{ json_type(shape, 'data.share') }} as _type_share,
        {{ json_value(shape, 'data.share') }} as share,
        {{ json_type(shape, 'data.is_new') }} as _type_is_new,
        {{ json_value(shape, 'data.is_new') }} as is_new,
        {{ json_type(shape, 'data.tags') }} as _type_tags,
        {{ json_value(shape, 'data.tags') }} as tags,
        {{ json_items_are_typed(shape, 'data.tags') }} as _are_items_typed_tags,
        {{ json_type(shape, 'data.seen_at') }} as _type_seen_at,
        {{ json_value(shape, 'data.seen_at') }} as _text_seen_at,
        {{ json_type(shape, 'data.device') }} as _type_device,
        {{ json_is_object(shape, 'data.device') }} as has_device,
        {{ json_type(shape, 'data.device.os') }} as _type_device__os,
        {{ json_value(shape, 'data.device.os') }} as device__os,
        {{ unknown_fields(shape) }} as unknown_fields
    from parsed
),

typed as (
    select
        *,
        {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
        {{ known_version('_schema_version', [1]) }} as schema_version,
        {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at,
        {{ parse_timestamp('_text_seen_at', zone='required') }} as seen_at
    from extracted
),

checked as (
    select
        *,
        {% call reasons('_type_record') %}
            case
                when
                    not {{ json_is('_type_event_type', 'null') }}
                    and (_event_type = 'thing_happened') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when
                    (
                        occurred_at between {{ add_seconds('received_at', -2592000) }}
                        and {{ add_seconds('received_at', 3600) }}
                    ) is not true
                    then 'envelope.occurred_at'
            end,
            case when _received_from = 'fallback' then 'envelope.received_at' end,
            case
                when
                    not {{ json_is('_type_schema_version', 'null') }}
                    and schema_version is null
                    then 'envelope.schema_version'
            end,
            case when not _has_payload then 'payload.type' end,
            case when _has_payload and _type_person is null then 'person.required' end,
            case
                when not {{ json_is('_type_person', 'string') }}
                    then 'person.type'
            end,
            case
                when
                    {{ json_is('_type_person', 'string') }}
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
                when not {{ json_is('_type_size', ['integer', 'null']) }}
                    then 'size.type'
            end,
            case
                when {{ json_is('_type_size', 'integer') }} and size is null
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
            case when not {{ json_is('_type_share', 'number') }} then 'share.type' end,
            case
                when {{ json_is('_type_share', 'number') }} and (share <= 1) is not true
                    then 'share.maximum'
            end,
            case
                when not {{ json_is('_type_is_new', 'boolean') }}
                    then 'is_new.type'
            end,
            case when not {{ json_is('_type_tags', 'array') }} then 'tags.type' end,
            case when not _are_items_typed_tags then 'tags.items.type' end,
            case
                when not {{ every_item('tags', regex_match('item', '^[a-z]+$')) }}
                    then 'tags.items.pattern'
            end,
            case
                when not {{ json_is('_type_seen_at', 'string') }}
                    then 'seen_at.type'
            end,
            case
                when {{ json_is('_type_seen_at', 'string') }} and seen_at is null
                    then 'seen_at.format'
            end,
            case
                when not {{ json_is('_type_device', 'object') }}
                    then 'device.type'
            end,
            case
                when {{ has_unknown_keys(shape, 'data.device') }}
                    then 'device.additionalProperties'
            end,
            case
                when has_device and _type_device__os is null
                    then 'device.os.required'
            end,
            case
                when not {{ json_is('_type_device__os', 'string') }}
                    then 'device.os.type'
            end,
            case
                when
                    {{ json_is('_type_device__os', 'string') }}
                    and (length(device__os) <= 20) is not true
                    then 'device.os.maxLength'
            end
        {% endcall %} as violations
    from typed
),

final as (
    select
        checked.event_id,
        checked.schema_version,
        checked.occurred_at,
        checked.received_at,
        {{ pseudonym('checked.person', 'person_key.pseudonym') }} as person,
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
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'b53eb380c152d1d768da791056915131' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as person_key
        on checked.person = person_key.value
)

select * from final

-- One row per delivered track_played record, typed, checked and pseudonymised
-- Generated from contracts/listening/track_played.v1.yml, track_played.v2.yml by `headwater sync`: edit that
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
            'event_type': 'track_played',
            'contract_hash': 'df2999e031ca82843465a412d9fcd742',
            'date': 'occurred_at',
            'dedup_lookback_seconds': 1209600,
            'restate_by': 'user_id',
            'identifiers': {'data.user_id': 'string'},
            'csv_cells': {'data': ['object']},
        },
    )
}}

with stated as (
    select
        *,
        {{ stated_version('record', 'dataschemaversion') }} as _stated
    from {{ source('raw', 'track_played') }}
    where {{ unbuilt_slices() }}
),

routed as (
    select
        *,
        case
            when {{ known_version('_stated', [2]) }} is not null then 2
            else 1
        end as _major
    from stated
),

{% set shape = {
    '': 'envelope',
    'type': 'string',
    'source': 'string',
    'id': 'string',
    'time': 'string',
    'receivedtime': 'string',
    'dataschemaversion': 'string',
    'data': 'object',
    'data.user_id': 'string',
    'data.session_id': 'string',
    'data.track_id': 'string',
    'data.artist_ids': 'string[]',
    'data.ms_played': 'integer',
    'data.reason_end': 'string',
    'data.started_at': 'string',
    'data.platform': 'string',
    'data.country': 'string',
    'data.volume': 'number',
    'data.is_shuffle': 'boolean',
    'data.is_offline': 'boolean',
    'data.device': 'object',
    'data.device.os': 'string',
    'data.device.model': 'string',
} %}

{% set csv_cells = {
    'data': ['object'],
} %}

version_1 as (
    with delivered as (
        select
            received_at,
            _received_from,
            _file,
            _file_id,
            _line,
            _load_id,
            _major,
            {{ csv_as_json('record', '_format', csv_cells) }} as _document
        from routed
        where _major = 1
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
            {{ json_type(shape, 'data.user_id') }} as _type_user_id,
            {{ json_value(shape, 'data.user_id') }} as user_id,
            {{ json_type(shape, 'data.session_id') }} as _type_session_id,
            {{ json_value(shape, 'data.session_id') }} as session_id,
            {{ json_type(shape, 'data.track_id') }} as _type_track_id,
            {{ json_value(shape, 'data.track_id') }} as track_id,
            {{ json_type(shape, 'data.artist_ids') }} as _type_artist_ids,
            {{ json_value(shape, 'data.artist_ids') }} as artist_ids,
            {{ json_items_are_typed(
                shape,
                'data.artist_ids'
            ) }} as _are_items_typed_artist_ids,
            {{ json_type(shape, 'data.ms_played') }} as _type_ms_played,
            {{ json_value(shape, 'data.ms_played') }} as ms_played,
            {{ json_type(shape, 'data.reason_end') }} as _type_reason_end,
            {{ json_value(shape, 'data.reason_end') }} as reason_end,
            {{ json_type(shape, 'data.started_at') }} as _type_started_at,
            {{ json_value(shape, 'data.started_at') }} as _text_started_at,
            {{ json_type(shape, 'data.platform') }} as _type_platform,
            {{ json_value(shape, 'data.platform') }} as platform,
            {{ json_type(shape, 'data.country') }} as _type_country,
            {{ json_value(shape, 'data.country') }} as country,
            {{ json_type(shape, 'data.volume') }} as _type_volume,
            {{ json_value(shape, 'data.volume') }} as volume,
            {{ json_type(shape, 'data.is_shuffle') }} as _type_is_shuffle,
            {{ json_value(shape, 'data.is_shuffle') }} as is_shuffle,
            {{ json_type(shape, 'data.is_offline') }} as _type_is_offline,
            {{ json_value(shape, 'data.is_offline') }} as is_offline,
            {{ json_type(shape, 'data.device') }} as _type_device,
            {{ json_is_object(shape, 'data.device') }} as has_device,
            {{ json_type(shape, 'data.device.os') }} as _type_device__os,
            {{ json_value(shape, 'data.device.os') }} as device__os,
            {{ json_type(shape, 'data.device.model') }} as _type_device__model,
            {{ json_value(shape, 'data.device.model') }} as device__model,
            {{ unknown_fields(shape) }} as unknown_fields
        from parsed
    ),

    typed as (
        select
            *,
            {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
            {{ known_version('_schema_version', [1]) }} as schema_version,
            {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at,
            {{ parse_timestamp('_text_started_at', zone='required') }} as started_at
        from extracted
    ),

    checked as (
        select
            *,
            {% call reasons('_type_record') %}
                case
                    when
                        not {{ json_is('_type_event_type', 'null') }}
                        and (_event_type = 'track_played') is not true
                        then 'envelope.event_type'
                end,
                case when event_id is null then 'envelope.event_id' end,
                case
                    when
                        (
                            occurred_at
                            between {{ add_seconds('received_at', -2592000) }}
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
                case
                    when _has_payload and _type_user_id is null
                        then 'user_id.required'
                end,
                case
                    when not {{ json_is('_type_user_id', 'string') }}
                        then 'user_id.type'
                end,
                case
                    when
                        {{ json_is('_type_user_id', 'string') }}
                        and (length(user_id) >= 1) is not true
                        then 'user_id.minLength'
                end,
                case
                    when
                        {{ json_is('_type_user_id', 'string') }}
                        and (length(user_id) <= 64) is not true
                        then 'user_id.maxLength'
                end,
                case
                    when _has_payload and _type_session_id is null
                        then 'session_id.required'
                end,
                case
                    when not {{ json_is('_type_session_id', 'string') }}
                        then 'session_id.type'
                end,
                case
                    when
                        {{ json_is('_type_session_id', 'string') }}
                        and ({{ is_uuid('session_id') }}) is not true
                        then 'session_id.format'
                end,
                case
                    when _has_payload and _type_track_id is null
                        then 'track_id.required'
                end,
                case
                    when not {{ json_is('_type_track_id', 'string') }}
                        then 'track_id.type'
                end,
                case
                    when
                        {{ json_is('_type_track_id', 'string') }}
                        and ({{ regex_match('track_id', '^[0-9A-Za-z]{22}$') }}) is not true
                        then 'track_id.pattern'
                end,
                case
                    when _has_payload and _type_artist_ids is null
                        then 'artist_ids.required'
                end,
                case
                    when not {{ json_is('_type_artist_ids', 'array') }}
                        then 'artist_ids.type'
                end,
                case
                    when not _are_items_typed_artist_ids
                        then 'artist_ids.items.type'
                end,
                case
                    when
                        not {{ every_item('artist_ids', regex_match('item', '^[0-9A-Za-z]{22}$')) }}
                        then 'artist_ids.items.pattern'
                end,
                case
                    when _has_payload and _type_ms_played is null
                        then 'ms_played.required'
                end,
                case
                    when not {{ json_is('_type_ms_played', 'integer') }}
                        then 'ms_played.type'
                end,
                case
                    when
                        {{ json_is('_type_ms_played', 'integer') }}
                        and ms_played is null
                        then 'ms_played.int64'
                end,
                case
                    when ms_played is not null and (ms_played >= 0) is not true
                        then 'ms_played.minimum'
                end,
                case
                    when ms_played is not null and (ms_played <= 86400000) is not true
                        then 'ms_played.maximum'
                end,
                case
                    when _has_payload and _type_reason_end is null
                        then 'reason_end.required'
                end,
                case
                    when
                        _type_reason_end is not null
                        and ({{ one_of('reason_end', [
                            'trackdone',
                            'fwdbtn',
                            'backbtn',
                            'endplay',
                            'logout',
                            'unexpected-exit',
                        ]) }}) is not true
                        then 'reason_end.enum'
                end,
                case
                    when not {{ json_is('_type_started_at', 'string') }}
                        then 'started_at.type'
                end,
                case
                    when
                        {{ json_is('_type_started_at', 'string') }}
                        and started_at is null
                        then 'started_at.format'
                end,
                case
                    when _has_payload and _type_platform is null
                        then 'platform.required'
                end,
                case
                    when not {{ json_is('_type_platform', 'string') }}
                        then 'platform.type'
                end,
                case
                    when
                        {{ json_is('_type_platform', 'string') }}
                        and ({{ one_of('platform', [
                            'android',
                            'ios',
                            'web',
                            'desktop',
                            'speaker',
                        ]) }}) is not true
                        then 'platform.enum'
                end,
                case
                    when not {{ json_is('_type_country', ['string', 'null']) }}
                        then 'country.type'
                end,
                case
                    when
                        {{ json_is('_type_country', 'string') }}
                        and ({{ regex_match('country', '^[A-Z]{2}$') }}) is not true
                        then 'country.pattern'
                end,
                case
                    when not {{ json_is('_type_volume', ['number', 'null']) }}
                        then 'volume.type'
                end,
                case
                    when
                        {{ json_is('_type_volume', 'number') }}
                        and (volume >= 0) is not true
                        then 'volume.minimum'
                end,
                case
                    when
                        {{ json_is('_type_volume', 'number') }}
                        and (volume <= 1) is not true
                        then 'volume.maximum'
                end,
                case
                    when _has_payload and _type_is_shuffle is null
                        then 'is_shuffle.required'
                end,
                case
                    when not {{ json_is('_type_is_shuffle', 'boolean') }}
                        then 'is_shuffle.type'
                end,
                case
                    when _has_payload and _type_is_offline is null
                        then 'is_offline.required'
                end,
                case
                    when not {{ json_is('_type_is_offline', 'boolean') }}
                        then 'is_offline.type'
                end,
                case
                    when not {{ json_is('_type_device', 'object') }}
                        then 'device.type'
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
                        and (length(device__os) >= 1) is not true
                        then 'device.os.minLength'
                end,
                case
                    when
                        {{ json_is('_type_device__os', 'string') }}
                        and (length(device__os) <= 40) is not true
                        then 'device.os.maxLength'
                end,
                case
                    when not {{ json_is('_type_device__model', 'string') }}
                        then 'device.model.type'
                end,
                case
                    when
                        {{ json_is('_type_device__model', 'string') }}
                        and (length(device__model) <= 100) is not true
                        then 'device.model.maxLength'
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
            {{ pseudonym('checked.user_id', 'user_id_key.pseudonym') }} as user_id,
            checked.session_id,
            checked.track_id,
            checked.artist_ids,
            checked.ms_played,
            checked.reason_end,
            checked.started_at,
            checked.platform,
            checked.country,
            checked.volume,
            checked.is_shuffle,
            checked.is_offline,
            checked.has_device,
            checked.device__os,
            checked.device__model,
            checked.unknown_fields,
            checked.violations,
            {{ list_length('checked.violations') }} = 0 as is_valid,
            {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
            checked._file,
            checked._file_id,
            checked._line,
            checked._load_id,
            {{ hour_of('checked.received_at') }} as _hour,
            'df2999e031ca82843465a412d9fcd742' as _contract_hash,
            checked._major
        from checked
        left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
            on checked.user_id = user_id_key.value
    )

    select * from final
),

{% set shape = {
    '': 'envelope',
    'type': 'string',
    'source': 'string',
    'id': 'string',
    'time': 'string',
    'receivedtime': 'string',
    'dataschemaversion': 'string',
    'data': 'object',
    'data.user_id': 'string',
    'data.session_id': 'string',
    'data.track_id': 'string',
    'data.artist_ids': 'string[]',
    'data.track_name': 'string',
    'data.album_artist_name': 'string',
    'data.album_name': 'string',
    'data.ms_played': 'integer',
    'data.reason_start': 'string',
    'data.reason_end': 'string',
    'data.platform': 'string',
    'data.conn_country': 'string',
    'data.shuffle': 'boolean',
    'data.skipped': 'boolean',
    'data.offline': 'boolean',
    'data.offline_timestamp': 'integer',
    'data.incognito_mode': 'boolean',
} %}

{% set csv_cells = {
    'data': ['object'],
} %}

version_2 as (
    with delivered as (
        select
            received_at,
            _received_from,
            _file,
            _file_id,
            _line,
            _load_id,
            _major,
            {{ csv_as_json('record', '_format', csv_cells) }} as _document
        from routed
        where _major = 2
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
            {{ json_type(shape, 'data.user_id') }} as _type_user_id,
            {{ json_value(shape, 'data.user_id') }} as user_id,
            {{ json_type(shape, 'data.session_id') }} as _type_session_id,
            {{ json_value(shape, 'data.session_id') }} as session_id,
            {{ json_type(shape, 'data.track_id') }} as _type_track_id,
            {{ json_value(shape, 'data.track_id') }} as track_id,
            {{ json_type(shape, 'data.artist_ids') }} as _type_artist_ids,
            {{ json_value(shape, 'data.artist_ids') }} as artist_ids,
            {{ json_items_are_typed(
                shape,
                'data.artist_ids'
            ) }} as _are_items_typed_artist_ids,
            {{ json_type(shape, 'data.track_name') }} as _type_track_name,
            {{ json_value(shape, 'data.track_name') }} as track_name,
            {{ json_type(shape, 'data.album_artist_name') }} as _type_album_artist_name,
            {{ json_value(shape, 'data.album_artist_name') }} as album_artist_name,
            {{ json_type(shape, 'data.album_name') }} as _type_album_name,
            {{ json_value(shape, 'data.album_name') }} as album_name,
            {{ json_type(shape, 'data.ms_played') }} as _type_ms_played,
            {{ json_value(shape, 'data.ms_played') }} as ms_played,
            {{ json_type(shape, 'data.reason_start') }} as _type_reason_start,
            {{ json_value(shape, 'data.reason_start') }} as reason_start,
            {{ json_type(shape, 'data.reason_end') }} as _type_reason_end,
            {{ json_value(shape, 'data.reason_end') }} as reason_end,
            {{ json_type(shape, 'data.platform') }} as _type_platform,
            {{ json_value(shape, 'data.platform') }} as platform,
            {{ json_type(shape, 'data.conn_country') }} as _type_conn_country,
            {{ json_value(shape, 'data.conn_country') }} as conn_country,
            {{ json_type(shape, 'data.shuffle') }} as _type_shuffle,
            {{ json_value(shape, 'data.shuffle') }} as shuffle,
            {{ json_type(shape, 'data.skipped') }} as _type_skipped,
            {{ json_value(shape, 'data.skipped') }} as skipped,
            {{ json_type(shape, 'data.offline') }} as _type_offline,
            {{ json_value(shape, 'data.offline') }} as offline,
            {{ json_type(shape, 'data.offline_timestamp') }} as _type_offline_timestamp,
            {{ json_value(shape, 'data.offline_timestamp') }} as offline_timestamp,
            {{ json_type(shape, 'data.incognito_mode') }} as _type_incognito_mode,
            {{ json_value(shape, 'data.incognito_mode') }} as incognito_mode,
            {{ unknown_fields(shape) }} as unknown_fields
        from parsed
    ),

    typed as (
        select
            *,
            {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
            {{ known_version('_schema_version', [2]) }} as schema_version,
            {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at
        from extracted
    ),

    checked as (
        select
            *,
            {% call reasons('_type_record') %}
                case
                    when
                        not {{ json_is('_type_event_type', 'null') }}
                        and (_event_type = 'track_played') is not true
                        then 'envelope.event_type'
                end,
                case when event_id is null then 'envelope.event_id' end,
                case
                    when
                        (
                            occurred_at
                            between {{ add_seconds('received_at', -2592000) }}
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
                case
                    when _has_payload and _type_user_id is null
                        then 'user_id.required'
                end,
                case
                    when not {{ json_is('_type_user_id', 'string') }}
                        then 'user_id.type'
                end,
                case
                    when
                        {{ json_is('_type_user_id', 'string') }}
                        and (length(user_id) >= 1) is not true
                        then 'user_id.minLength'
                end,
                case
                    when
                        {{ json_is('_type_user_id', 'string') }}
                        and (length(user_id) <= 64) is not true
                        then 'user_id.maxLength'
                end,
                case
                    when _has_payload and _type_session_id is null
                        then 'session_id.required'
                end,
                case
                    when not {{ json_is('_type_session_id', 'string') }}
                        then 'session_id.type'
                end,
                case
                    when
                        {{ json_is('_type_session_id', 'string') }}
                        and ({{ is_uuid('session_id') }}) is not true
                        then 'session_id.format'
                end,
                case
                    when _has_payload and _type_track_id is null
                        then 'track_id.required'
                end,
                case
                    when not {{ json_is('_type_track_id', 'string') }}
                        then 'track_id.type'
                end,
                case
                    when
                        {{ json_is('_type_track_id', 'string') }}
                        and ({{ regex_match('track_id', '^[0-9A-Za-z]{22}$') }}) is not true
                        then 'track_id.pattern'
                end,
                case
                    when _has_payload and _type_artist_ids is null
                        then 'artist_ids.required'
                end,
                case
                    when not {{ json_is('_type_artist_ids', 'array') }}
                        then 'artist_ids.type'
                end,
                case
                    when not _are_items_typed_artist_ids
                        then 'artist_ids.items.type'
                end,
                case
                    when
                        not {{ every_item('artist_ids', regex_match('item', '^[0-9A-Za-z]{22}$')) }}
                        then 'artist_ids.items.pattern'
                end,
                case
                    when _has_payload and _type_track_name is null
                        then 'track_name.required'
                end,
                case
                    when not {{ json_is('_type_track_name', ['string', 'null']) }}
                        then 'track_name.type'
                end,
                case
                    when
                        {{ json_is('_type_track_name', 'string') }}
                        and (length(track_name) <= 500) is not true
                        then 'track_name.maxLength'
                end,
                case
                    when _has_payload and _type_album_artist_name is null
                        then 'album_artist_name.required'
                end,
                case
                    when
                        not {{ json_is('_type_album_artist_name', ['string', 'null']) }}
                        then 'album_artist_name.type'
                end,
                case
                    when
                        {{ json_is('_type_album_artist_name', 'string') }}
                        and (length(album_artist_name) <= 500) is not true
                        then 'album_artist_name.maxLength'
                end,
                case
                    when _has_payload and _type_album_name is null
                        then 'album_name.required'
                end,
                case
                    when not {{ json_is('_type_album_name', ['string', 'null']) }}
                        then 'album_name.type'
                end,
                case
                    when
                        {{ json_is('_type_album_name', 'string') }}
                        and (length(album_name) <= 500) is not true
                        then 'album_name.maxLength'
                end,
                case
                    when _has_payload and _type_ms_played is null
                        then 'ms_played.required'
                end,
                case
                    when not {{ json_is('_type_ms_played', 'integer') }}
                        then 'ms_played.type'
                end,
                case
                    when
                        {{ json_is('_type_ms_played', 'integer') }}
                        and ms_played is null
                        then 'ms_played.int64'
                end,
                case
                    when ms_played is not null and (ms_played >= 0) is not true
                        then 'ms_played.minimum'
                end,
                case
                    when ms_played is not null and (ms_played <= 86400000) is not true
                        then 'ms_played.maximum'
                end,
                case
                    when _has_payload and _type_reason_start is null
                        then 'reason_start.required'
                end,
                case
                    when
                        _type_reason_start is not null
                        and ({{ one_of('reason_start', [
                            'trackdone',
                            'fwdbtn',
                            'backbtn',
                            'clickrow',
                            'playbtn',
                            'remote',
                            'appload',
                            'trackerror',
                            'unknown',
                        ]) }}) is not true
                        then 'reason_start.enum'
                end,
                case
                    when _has_payload and _type_reason_end is null
                        then 'reason_end.required'
                end,
                case
                    when
                        _type_reason_end is not null
                        and ({{ one_of('reason_end', [
                            'trackdone',
                            'fwdbtn',
                            'backbtn',
                            'endplay',
                            'logout',
                            'unexpected-exit',
                            'remote',
                            'trackerror',
                            'unknown',
                        ]) }}) is not true
                        then 'reason_end.enum'
                end,
                case
                    when _has_payload and _type_platform is null
                        then 'platform.required'
                end,
                case
                    when not {{ json_is('_type_platform', 'string') }}
                        then 'platform.type'
                end,
                case
                    when
                        {{ json_is('_type_platform', 'string') }}
                        and ({{ one_of('platform', [
                            'android',
                            'ios',
                            'web',
                            'desktop',
                            'speaker',
                        ]) }}) is not true
                        then 'platform.enum'
                end,
                case
                    when _has_payload and _type_conn_country is null
                        then 'conn_country.required'
                end,
                case
                    when not {{ json_is('_type_conn_country', ['string', 'null']) }}
                        then 'conn_country.type'
                end,
                case
                    when
                        {{ json_is('_type_conn_country', 'string') }}
                        and ({{ regex_match('conn_country', '^[A-Z]{2}$') }}) is not true
                        then 'conn_country.pattern'
                end,
                case
                    when _has_payload and _type_shuffle is null
                        then 'shuffle.required'
                end,
                case
                    when not {{ json_is('_type_shuffle', 'boolean') }}
                        then 'shuffle.type'
                end,
                case
                    when _has_payload and _type_skipped is null
                        then 'skipped.required'
                end,
                case
                    when not {{ json_is('_type_skipped', ['boolean', 'null']) }}
                        then 'skipped.type'
                end,
                case
                    when _has_payload and _type_offline is null
                        then 'offline.required'
                end,
                case
                    when not {{ json_is('_type_offline', 'boolean') }}
                        then 'offline.type'
                end,
                case
                    when _has_payload and _type_offline_timestamp is null
                        then 'offline_timestamp.required'
                end,
                case
                    when
                        not {{ json_is('_type_offline_timestamp', ['integer', 'null']) }}
                        then 'offline_timestamp.type'
                end,
                case
                    when
                        {{ json_is('_type_offline_timestamp', 'integer') }}
                        and offline_timestamp is null
                        then 'offline_timestamp.int64'
                end,
                case
                    when
                        offline_timestamp is not null
                        and (offline_timestamp >= 0) is not true
                        then 'offline_timestamp.minimum'
                end,
                case
                    when _has_payload and _type_incognito_mode is null
                        then 'incognito_mode.required'
                end,
                case
                    when not {{ json_is('_type_incognito_mode', 'boolean') }}
                        then 'incognito_mode.type'
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
            {{ pseudonym('checked.user_id', 'user_id_key.pseudonym') }} as user_id,
            checked.session_id,
            checked.track_id,
            checked.artist_ids,
            checked.track_name,
            checked.album_artist_name,
            checked.album_name,
            checked.ms_played,
            checked.reason_start,
            checked.reason_end,
            checked.platform,
            checked.conn_country,
            checked.shuffle,
            checked.skipped,
            checked.offline,
            checked.offline_timestamp,
            checked.incognito_mode,
            checked.unknown_fields,
            checked.violations,
            {{ list_length('checked.violations') }} = 0 as is_valid,
            {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
            checked._file,
            checked._file_id,
            checked._line,
            checked._load_id,
            {{ hour_of('checked.received_at') }} as _hour,
            'df2999e031ca82843465a412d9fcd742' as _contract_hash,
            checked._major
        from checked
        left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
            on checked.user_id = user_id_key.value
    )

    select * from final
),

final as (
    select
        event_id,
        schema_version,
        occurred_at,
        received_at,
        user_id,
        session_id,
        track_id,
        artist_ids,
        ms_played,
        reason_end,
        started_at,
        platform,
        country,
        volume,
        is_shuffle,
        is_offline,
        has_device,
        device__os,
        device__model,
        null as track_name,
        null as album_artist_name,
        null as album_name,
        null as reason_start,
        null as conn_country,
        null as shuffle,
        null as skipped,
        null as offline,
        null as offline_timestamp,
        null as incognito_mode,
        unknown_fields,
        violations,
        is_valid,
        is_first_valid_copy,
        _file,
        _file_id,
        _line,
        _load_id,
        _hour,
        _contract_hash,
        _major
    from version_1
    union all
    select
        event_id,
        schema_version,
        occurred_at,
        received_at,
        user_id,
        session_id,
        track_id,
        artist_ids,
        ms_played,
        reason_end,
        null as started_at,
        platform,
        null as country,
        null as volume,
        null as is_shuffle,
        null as is_offline,
        false as has_device,
        null as device__os,
        null as device__model,
        track_name,
        album_artist_name,
        album_name,
        reason_start,
        conn_country,
        shuffle,
        skipped,
        offline,
        offline_timestamp,
        incognito_mode,
        unknown_fields,
        violations,
        is_valid,
        is_first_valid_copy,
        _file,
        _file_id,
        _line,
        _load_id,
        _hour,
        _contract_hash,
        _major
    from version_2
)

select * from final

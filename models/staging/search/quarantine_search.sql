-- One row per search record that breaks its event contract, with the reasons
-- Generated from contracts/search/ by `headwater sync`: edit that
with final as (
    select
        'search_performed' as event_type,
        received_at,
        schema_version,
        violations,
        unknown_fields,
        _hour,
        _contract_hash,
        _file,
        _file_id,
        _line,
        _load_id
    from {{ ref('base_search_performed') }}
    where not is_valid
    union all
    select
        'search_result_clicked' as event_type,
        received_at,
        schema_version,
        violations,
        unknown_fields,
        _hour,
        _contract_hash,
        _file,
        _file_id,
        _line,
        _load_id
    from {{ ref('base_search_result_clicked') }}
    where not is_valid
)

select * from final

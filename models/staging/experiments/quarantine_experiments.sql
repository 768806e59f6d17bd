-- One row per experiments record that breaks its event contract, with the reasons
-- Generated from contracts/experiments/ by `headwater sync`: edit that
with final as (
    select
        'experiment_exposed' as event_type,
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
    from {{ ref('base_experiment_exposed') }}
    where not is_valid
)

select * from final

{#
    A query for the slices (load x delivery hour) that a base model need not build: those it
    holds under its contract hash, and under an older one that differs by optional fields
    only, where no row had one of them (meta.compatible, from contracts.lock.json).

    @arg base        the base relation
    @arg hash        its contract hash
    @arg compatible  dict: older hash -> list of the fields declared since
    @arg within      a predicate on its received_at, for engines to prune by; none: all hours
#}
{% macro held_slices(base, hash, compatible, within=none) %}
    select distinct _load_id, _hour from {{ base }}
    where _contract_hash = '{{ hash }}'{{ ' and ' ~ within if within }}
    {%- if compatible %}
    union distinct
    select _load_id, _hour from {{ base }}
    where _contract_hash in ('{{ compatible.keys() | join("', '") }}'){{ ' and ' ~ within if within }}
    group by _load_id, _hour
    having countif(
        {%- for older, fields in compatible.items() %}
        {{ 'or ' if not loop.first }}(
            _contract_hash = '{{ older }}' and {{ names_any_of('unknown_fields', fields) }}
        )
        {%- endfor %}
    ) = 0
    {%- endif %}
{% endmacro %}

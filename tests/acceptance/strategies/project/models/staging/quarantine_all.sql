{% for event_type in ['ev', 'ping'] %}
select
    '{{ event_type }}' as event_type,
    received_at,
    _hour,
    violations,
    _contract_hash,
    _file_id,
    _line,
    _load_id
from {{ ref('base_' ~ event_type) }}
where not is_valid
{{ 'union all' if not loop.last }}
{% endfor %}

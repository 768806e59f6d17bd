{# The sequence number under which this model logs its next change. #}
{% macro next_seq() %}
    (
        select coalesce(max(seq), 0) + 1
        from {{ headwater_relation('ops.changed_dates') }}
        where model = '{{ key_of(model) }}'
    )
{%- endmacro %}

{#
    The incremental strategy of marts: replace the dates that `changed_dates` lists. The
    listed dates go, not those the new rows contain, or a day that lost all its rows
    would keep its old ones. The model names its date column in meta.date. A backfill builds
    its batches aside; its swap replaces all of its dates at once, and restates those that have
    changed upstream since.

    @arg arg_dict  what dbt gives to every strategy: relations and columns
#}
{% macro get_incremental_dates_sql(arg_dict) %}
    {% do return(dates_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns)) %}
{% endmacro %}


{#
    What the strategy `dates` runs, on either engine.

    @arg mart     the relation to restate
    @arg new      the relation that holds the restated dates' rows
    @arg columns  the columns of mart
#}
{% macro dates_sql(mart, new, columns) %}
    {%- set names = columns | map(attribute='quoted') | join(', ') -%}
    {%- if not model.config.meta.date -%}
        {{ exceptions.raise_compiler_error('the strategy `dates` needs meta.date, the date column of ' ~ model.name) }}
    {%- endif -%}
    {%- set batch = backfill_is('batch') -%}
    {%- if batch -%}
        {% do return(backfill_batch_sql(new, batch)) %}
    {%- endif -%}
    {%- set swap = backfill_is('swap') -%}
    {%- set date = model.config.meta.date -%}
    {%- set restated = with_backfilled(restated_dates()) -%}
    {% set statements %}
    {%- if swap %}
    {%- set within = within_backfill(date, swap) %}
    delete from {{ mart }} where {{ within }};
    insert into {{ mart }} ({{ names }})
    select {{ names }} from {{ backfill_aside() }} where {{ within }};
    {%- endif %}
    {%- if restated is not none and restated.since is not none %}
    {#- which dates these are is known here only: those there were, and those there are -#}
    insert into {{ headwater_relation('ops.changed_dates') }} (model, changed_date, seq)
    select '{{ key_of(model) }}', changed.changed_date, {{ next_seq() }}
    from (
        select {{ date }} as changed_date from {{ mart }} where {{ within_dates(date, restated) }}
        union distinct
        select {{ date }} from {{ new }} where {{ within_dates(date, restated) }}
        {%- for day in restated.days %}
        union distinct
        select date '{{ day.isoformat() }}'
        {%- endfor %}
    ) as changed;
    {%- endif %}
    delete from {{ mart }} where {{ changed_dates(date) }};
    insert into {{ mart }} ({{ names }}) select {{ names }} from {{ new }};
    {% endset %}
    {{ in_transaction(statements) }}
{% endmacro %}

{#
    The time of this statement, UTC. HEADWATER_NOW overrides it, as everywhere.
#}
{% macro utc_now() %}
    {%- set fixed = env_var('HEADWATER_NOW', '') -%}
    {%- if target.type == 'duckdb' -%}
        {%- if fixed -%}
            cast(cast('{{ fixed }}' as timestamptz) as timestamp)
        {%- else -%}
            cast(now() as timestamp)
        {%- endif -%}
    {%- elif target.type == 'bigquery' -%}
        {%- if fixed -%}timestamp '{{ fixed }}'{%- else -%}current_timestamp(){%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('utc_now is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

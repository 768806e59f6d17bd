{#
    Whether a timestamp is more than so many seconds after another; null if either is.

    @arg later, earlier  timestamp expressions
    @arg seconds         a whole number
#}
{% macro is_further_apart(later, earlier, seconds) %}
    {%- if target.type == 'duckdb' -%}
        {{ later }} - {{ earlier }} > to_seconds({{ seconds }})
    {%- elif target.type == 'bigquery' -%}
        timestamp_diff({{ later }}, {{ earlier }}, microsecond) > {{ seconds * 1000000 }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('is_further_apart is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

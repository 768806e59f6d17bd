{#
    A number as a decimal of that many digits, each as it is written; null when it is no
    number as JSON writes them, or has more digits. BigQuery's numeric holds 29 digits
    before the point and 9 after it, bignumeric 38 and 38.

    A number with an exponent is first written out, which casts do not do digit by digit: the
    zeros at either end go, the point moves by the exponent.

    @arg text    an expression: the text of a JSON string or number
    @arg digits  how many there may be
    @arg scale   how many of them after the point
#}
{% macro decimal_of(text, digits, scale) %}
    {%- set before = digits - scale -%}
    {%- set whole = '0' if before == 0 else '(?:0|[1-9][0-9]{0,' ~ (before - 1) ~ '})' -%}
    {%- set part = '(?:[.]0+)?' if scale == 0 else '(?:[.][0-9]{1,' ~ scale ~ '}0*)?' -%}
    {%- set plain = '^-?' ~ whole ~ part ~ '$' -%}
    {%- set grammar = '^-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?[eE][+-]?[0-9]{1,4}$' -%}
    {%- if target.type == 'duckdb' -%}
        {%- set mantissa = "regexp_extract(" ~ text ~ ", '[0-9.]+')" -%}
        {%- set all = "replace(" ~ mantissa ~ ", '.', '')" -%}
        {%- set kept = "trim(" ~ all ~ ", '0')" -%}
        {%- set exponent = "cast(regexp_extract(" ~ text ~ ", '[+-]?[0-9]+$') as integer)" -%}
        {%- set after = "(length(split_part(" ~ mantissa ~ ", '.', 2)) - " ~ exponent
            ~ " - length(" ~ all ~ ") + length(rtrim(" ~ all ~ ", '0')))" -%}
        {%- set padded = "lpad(" ~ kept ~ ", cast(greatest(length(" ~ kept ~ "), " ~ after ~ " + 1) as integer), '0')" -%}
        case
            when regexp_matches({{ text }}, '{{ plain }}')
                then cast({{ text }} as decimal({{ digits }}, {{ scale }}))
            when not regexp_matches({{ text }}, '{{ grammar }}') then null
            when {{ kept }} = '' then 0
            when {{ after }} <= {{ scale }} and length({{ kept }}) - {{ after }} <= {{ before }}
                then cast(
                    case when {{ text }} like '-%' then '-' else '' end || case
                        when {{ after }} <= 0 then {{ kept }} || repeat('0', -{{ after }})
                        else left({{ padded }}, -{{ after }}) || '.' || right({{ padded }}, {{ after }})
                    end as decimal({{ digits }}, {{ scale }})
                )
        end
    {%- elif target.type == 'bigquery' -%}
        {%- set type = 'numeric' if scale <= 9 and before <= 29 else 'bignumeric' -%}
        {%- set mantissa = "regexp_extract(" ~ text ~ ", r'[0-9.]+')" -%}
        {%- set all = "replace(" ~ mantissa ~ ", '.', '')" -%}
        {%- set kept = "trim(" ~ all ~ ", '0')" -%}
        {%- set exponent = "safe_cast(regexp_extract(" ~ text ~ ", r'[+-]?[0-9]+$') as int64)" -%}
        {%- set after = "(length(ifnull(regexp_extract(" ~ mantissa ~ ", r'[.]([0-9]*)$'), '')) - " ~ exponent
            ~ " - length(" ~ all ~ ") + length(rtrim(" ~ all ~ ", '0')))" -%}
        case
            when regexp_contains({{ text }}, r'{{ plain }}') then safe_cast({{ text }} as {{ type }})
            when not regexp_contains({{ text }}, r'{{ grammar }}') then null
            when {{ kept }} = '' then {{ type }} '0'
            when {{ after }} <= {{ scale }} and length({{ kept }}) - {{ after }} <= {{ before }}
                then safe_cast({{ text }} as {{ type }})
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('decimal_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

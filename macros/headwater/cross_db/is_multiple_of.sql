{#
    Whether a number is a whole multiple of a step. Both are taken for the decimals as which
    they are written (the shortest text of the float), so that 0.3 is a multiple of 0.1.

    Decimals hold 38 digits. A float beyond them is digits (17 at most) before zeros, more of
    these than the step has factors 2 and 5; so only the step's other factors count.

    @arg value  an expression: a float
    @arg step   the step as text, without an exponent: at most 9 digits on each side of the point
#}
{% macro is_multiple_of(value, step) %}
    {%- set scale = step.partition('.')[2] | length -%}
    {%- set odd = namespace(part=step.replace('.', '') | int) -%}
    {%- for factor in [2] * 60 + [5] * 26 if odd.part % factor == 0 -%}
        {%- set odd.part = odd.part // factor -%}
    {%- endfor -%}
    {%- if target.type == 'duckdb' -%}
        {%- set text = 'cast(' ~ value ~ ' as varchar)' -%}
        {%- set exact = 'try_cast(' ~ text ~ ' as decimal(38, ' ~ scale ~ '))' -%}
        case
            when abs({{ value }}) < 1e{{ 38 - scale }}
                then {{ exact }} % cast('{{ step }}' as decimal(38, {{ scale }})) = 0
                and cast({{ exact }} as double) = {{ value }}
            else cast(regexp_replace(split_part({{ text }}, 'e', 1), '[-.]', '', 'g') as bigint) % {{ odd.part }} = 0
        end
    {%- elif target.type == 'bigquery' -%}
        {%- set text = 'cast(' ~ value ~ ' as string)' -%}
        {%- set exact = 'safe_cast(' ~ text ~ ' as bignumeric)' -%}
        if(
            abs({{ value }}) < 1e{{ 38 - scale }},
            mod({{ exact }}, bignumeric '{{ step }}') = 0 and cast({{ exact }} as float64) = {{ value }},
            mod(cast(regexp_replace(regexp_extract({{ text }}, '^[^e]+'), '[-.]', '') as int64), {{ odd.part }}) = 0
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('is_multiple_of is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

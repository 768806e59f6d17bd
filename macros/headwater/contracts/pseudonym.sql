{#
    The pseudonym of an identifier, from a left join with the key table. An identifier
    without a key fails the statement, so that none is ever lost: keys are inserted before
    anything is built, and running again heals it.

    @arg identifier  an expression
    @arg pseudonym   the pseudonym the join found
#}
{% macro pseudonym(identifier, pseudonym) -%}
    coalesce(
        {{ pseudonym }},
        case
            when {{ identifier }} is not null
                then {{ text_of(fail('an identifier has no key yet; run again')) }}
        end
    )
{%- endmacro %}

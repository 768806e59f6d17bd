{#
    What is wrong with a record: the texts among the body's that are not null, in order. Of a
    record that is no JSON object, only that.

        {% call reasons('_type_record') %}
            case when x is null then 'x.required' end,
            case when x > 9 then 'x.maximum' end
        {% endcall %}

    @arg type  an expression: the JSON type of the record
#}
{% macro reasons(type) %}
    {%- if target.type == 'duckdb' -%}
        case
            when {{ json_is(type, 'object') }}
                then list_filter([{{ caller() }}], lambda reason: reason is not null)
            else ['record.type']
        end
    {%- elif target.type == 'bigquery' -%}
        if(
            ifnull({{ json_is(type, 'object') }}, false),
            array(
                select reason
                from unnest([{{ caller() }}]) as reason with offset as position
                where reason is not null
                order by position
            ),
            ['record.type']
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('reasons is not written for ' ~ target.type) }}
    {%- endif -%}
{% endmacro %}

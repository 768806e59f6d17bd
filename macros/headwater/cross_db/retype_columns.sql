{#
    Statements that give the columns of a base model the types of its new rows: a mended
    event contract may declare another type, and inserting a fraction into a column of
    integers would round it. Rows whose raw is gone keep their value where it has one in
    the new type. BigQuery only widens (integer to number), and fails on anything else.

    @arg base  the base relation
    @arg new   the relation of new rows
#}
{% macro retype_columns(base, new) %}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(new) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(base) -%}
        {%- set type = types.get(column.name | lower, column.data_type) -%}
        {%- if type != column.data_type -%}
            {%- if target.type == 'duckdb' -%}
                alter table {{ base }} alter column {{ column.quoted }}
                set data type {{ type }} using try_cast({{ column.quoted }} as {{ type }});
            {%- elif target.type == 'bigquery' -%}
                alter table {{ base }} alter column {{ column.quoted }} set data type {{ type }};
            {%- else -%}
                {{ exceptions.raise_compiler_error('retype_columns is not written for ' ~ target.type) }}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

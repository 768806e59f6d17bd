{#
    Whether a JSON value meets a schema: what `headwater sync` writes for a rule that no
    column can answer, such as anyOf. Never null.

    @arg value   an expression: a JSON value that is there
    @arg schema  true, false, or a dict of rules, as headwater.compile.fits writes it: JSON
                 Schema's keywords, with `values` for enum and const, numbers as SQL texts,
                 patterns as RE2, `int64`, that a number fits 64 bits, and `known`, what
                 additionalProperties, unevaluatedProperties and unevaluatedItems leave out
    @arg depth   how many schemas this one is inside of
#}
{% macro fits(value, schema, depth=0) %}
    {%- set item, name = 'item_' ~ depth, 'name_' ~ depth -%}
    {%- set all = [] -%}
    {%- set only = {'number': [], 'string': [], 'object': [], 'array': []} -%}
    {%- if schema is boolean -%}
        {%- do all.append('true' if schema else 'false') -%}
    {%- else -%}
        {%- if 'type' in schema -%}
            {%- do all.append(json_has_type(value, schema.type)) -%}
        {%- endif -%}
        {%- if 'values' in schema -%}
            {%- do all.append(json_is_one_of(value, schema['values'])) -%}
        {%- endif -%}

        {%- set number = json_number(value) -%}
        {%- for keyword, sign in [
            ('minimum', '>='), ('maximum', '<='), ('exclusiveMinimum', '>'), ('exclusiveMaximum', '<')
        ] if keyword in schema -%}
            {%- do only.number.append(number ~ ' ' ~ sign ~ ' ' ~ schema[keyword]) -%}
        {%- endfor -%}
        {%- if 'multipleOf' in schema -%}
            {%- do only.number.append(is_multiple_of(number, schema.multipleOf)) -%}
        {%- endif -%}

        {%- set text = json_string(value) -%}
        {%- if schema.get('int64') -%}
            {%- do only.number.append(integer_of(text) ~ ' is not null') -%}
        {%- endif -%}
        {%- if 'minLength' in schema -%}
            {%- do only.string.append('length(' ~ text ~ ') >= ' ~ schema.minLength) -%}
        {%- endif -%}
        {%- if 'maxLength' in schema -%}
            {%- do only.string.append('length(' ~ text ~ ') <= ' ~ schema.maxLength) -%}
        {%- endif -%}
        {%- if 'pattern' in schema -%}
            {%- do only.string.append(regex_match(text, schema.pattern)) -%}
        {%- endif -%}
        {%- if schema.get('format') == 'date-time' -%}
            {%- do only.string.append(parse_timestamp(text, zone='required') ~ ' is not null') -%}
        {%- elif schema.get('format') == 'uuid' -%}
            {%- do only.string.append(is_uuid(text)) -%}
        {%- elif schema.get('format') -%}
            {%- do only.string.append(has_format(text, schema.format)) -%}
        {%- endif -%}

        {%- set names = json_names(value) -%}
        {%- if 'minProperties' in schema -%}
            {%- do only.object.append(list_length(names) ~ ' >= ' ~ schema.minProperties) -%}
        {%- endif -%}
        {%- if 'maxProperties' in schema -%}
            {%- do only.object.append(list_length(names) ~ ' <= ' ~ schema.maxProperties) -%}
        {%- endif -%}
        {%- for each in schema.get('required', []) -%}
            {%- do only.object.append(json_member(value, string_literal(each)) ~ ' is not null') -%}
        {%- endfor -%}
        {%- for each, others in schema.get('dependentRequired', {}).items() -%}
            {%- for other in others -%}
                {%- do only.object.append(
                    '(' ~ json_member(value, string_literal(each)) ~ ' is null or '
                    ~ json_member(value, string_literal(other)) ~ ' is not null)'
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for each, inner in schema.get('properties', {}).items() -%}
            {%- set member = json_member(value, string_literal(each)) -%}
            {%- do only.object.append('(' ~ member ~ ' is null or ' ~ fits(member, inner, depth) ~ ')') -%}
        {%- endfor -%}
        {%- for each, inner in schema.get('dependentSchemas', {}).items() -%}
            {%- do only.object.append(
                '(' ~ json_member(value, string_literal(each)) ~ ' is null or ' ~ fits(value, inner, depth) ~ ')'
            ) -%}
        {%- endfor -%}
        {%- for pattern, inner in schema.get('patternProperties', {}).items() -%}
            {%- do only.object.append(items_with(
                names,
                name,
                regex_match(name, pattern) ~ ' and not ' ~ fits(json_member(value, name), inner, depth + 1)
            ) ~ ' = 0') -%}
        {%- endfor -%}
        {%- if 'additionalProperties' in schema -%}
            {%- set others = ['not ' ~ fits(json_member(value, name), schema.additionalProperties, depth + 1)] -%}
            {%- for each in schema.known.names -%}
                {%- do others.append(name ~ ' != ' ~ string_literal(each)) -%}
            {%- endfor -%}
            {%- for pattern in schema.known.patterns -%}
                {%- do others.append('not ' ~ regex_match(name, pattern)) -%}
            {%- endfor -%}
            {%- do only.object.append(items_with(names, name, others | join(' and ')) ~ ' = 0') -%}
        {%- endif -%}
        {%- if 'propertyNames' in schema -%}
            {%- do only.object.append(items_with(
                names, name, 'not ' ~ fits(text_as_json(name), schema.propertyNames, depth + 1)
            ) ~ ' = 0') -%}
        {%- endif -%}

        {%- set items = json_items(value) -%}
        {%- if 'minItems' in schema -%}
            {%- do only.array.append(list_length(items) ~ ' >= ' ~ schema.minItems) -%}
        {%- endif -%}
        {%- if 'maxItems' in schema -%}
            {%- do only.array.append(list_length(items) ~ ' <= ' ~ schema.maxItems) -%}
        {%- endif -%}
        {%- if schema.get('uniqueItems') -%}
            {%- do only.array.append(list_length(items) ~ ' = ' ~ different_items(items)) -%}
        {%- endif -%}
        {%- set prefix = schema.get('prefixItems', []) -%}
        {%- for inner in prefix -%}
            {%- do only.array.append(items_with(
                json_items(value, loop.index0, loop.index), item, 'not ' ~ fits(item, inner, depth + 1)
            ) ~ ' = 0') -%}
        {%- endfor -%}
        {%- if 'items' in schema -%}
            {%- do only.array.append(items_with(
                json_items(value, prefix | length), item, 'not ' ~ fits(item, schema['items'], depth + 1)
            ) ~ ' = 0') -%}
        {%- endif -%}
        {%- if 'contains' in schema -%}
            {%- set found = items_with(items, item, fits(item, schema.contains, depth + 1)) -%}
            {%- do only.array.append(found ~ ' >= ' ~ schema.get('minContains', 1)) -%}
            {%- if 'maxContains' in schema -%}
                {%- do only.array.append(found ~ ' <= ' ~ schema.maxContains) -%}
            {%- endif -%}
        {%- endif -%}

        {%- if 'unevaluatedProperties' in schema -%}
            {%- set asked = schema.unevaluatedProperties -%}
            {%- set others = ['not ' ~ fits(json_member(value, name), asked.rules, depth + 1)] -%}
            {%- for part in asked.known -%}
                {%- do others.append('not ' ~ is_known_name(value, name, part, depth + 1)) -%}
            {%- endfor -%}
            {%- do only.object.append(items_with(names, name, others | join(' and ')) ~ ' = 0') -%}
        {%- endif -%}
        {%- if 'unevaluatedItems' in schema -%}
            {%- set asked = schema.unevaluatedItems -%}
            {%- set first, others = ['0'], ['not ' ~ fits(item, asked.rules, depth + 1)] -%}
            {%- for part in asked.known -%}
                {%- set when = meets_all(value, part.when, depth + 1) -%}
                {%- if part.get('all') -%}
                    {%- do first.append('case when ' ~ when ~ ' then ' ~ list_length(items) ~ ' else 0 end') -%}
                {%- else -%}
                    {%- do first.append('case when ' ~ when ~ ' then ' ~ part.upto ~ ' else 0 end') -%}
                    {%- if 'contains' in part -%}
                        {%- do others.append('not (' ~ when ~ ' and ' ~ fits(item, part.contains, depth + 1) ~ ')') -%}
                    {%- endif -%}
                {%- endif -%}
            {%- endfor -%}
            {%- set left = json_items(value, 'greatest(' ~ first | join(', ') ~ ')') -%}
            {%- do only.array.append(items_with(left, item, others | join(' and ')) ~ ' = 0') -%}
        {%- endif -%}

        {%- for kind, rules in only.items() if rules -%}
            {%- do all.append(
                '(' ~ json_has_type(value, [kind]) ~ ' is not true or (' ~ rules | join(' and ') ~ ') is true)'
            ) -%}
        {%- endfor -%}

        {%- for inner in schema.get('allOf', []) -%}
            {%- do all.append(fits(value, inner, depth)) -%}
        {%- endfor -%}
        {%- if 'anyOf' in schema -%}
            {%- set any = [] -%}
            {%- for inner in schema.anyOf -%}
                {%- do any.append(fits(value, inner, depth)) -%}
            {%- endfor -%}
            {%- do all.append('(' ~ any | join(' or ') ~ ')') -%}
        {%- endif -%}
        {%- if 'oneOf' in schema -%}
            {%- set each = [] -%}
            {%- for inner in schema.oneOf -%}
                {%- do each.append('case when ' ~ fits(value, inner, depth) ~ ' then 1 else 0 end') -%}
            {%- endfor -%}
            {%- do all.append(each | join(' + ') ~ ' = 1') -%}
        {%- endif -%}
        {%- if 'not' in schema -%}
            {%- do all.append('not ' ~ fits(value, schema['not'], depth)) -%}
        {%- endif -%}
        {%- if 'if' in schema -%}
            {%- do all.append(
                'case when ' ~ fits(value, schema['if'], depth)
                ~ ' then ' ~ fits(value, schema.get('then', true), depth)
                ~ ' else ' ~ fits(value, schema.get('else', true), depth) ~ ' end'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    ({{ all | join(' and ') or 'true' }})
{%- endmacro %}

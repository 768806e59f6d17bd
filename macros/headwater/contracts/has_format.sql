{#
    Whether a text has one of JSON Schema's formats, by its grammar alone: days that exist
    (RFC 3339, without leap seconds), mailboxes and host names in ASCII (RFC 5321, RFC 1123),
    addresses (RFC 2673, RFC 4291), URIs with their scheme (RFC 3986), pointers (RFC 6901).

    @arg text    an expression
    @arg format  date, time, duration, email, hostname, ipv4, ipv6, uri or json-pointer
#}
{% macro has_format(text, format) %}
    {%- set byte = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])' -%}
    {%- set ipv4 = byte ~ '(?:[.]' ~ byte ~ '){3}' -%}
    {%- set hex = '[0-9A-Fa-f]{1,4}' -%}
    {%- set last = '(?:' ~ hex ~ ':' ~ hex ~ '|' ~ ipv4 ~ ')' -%}
    {%- set ipv6 = '(?:' ~ [
        '(?:' ~ hex ~ ':){6}' ~ last,
        '::(?:' ~ hex ~ ':){5}' ~ last,
        '(?:' ~ hex ~ ')?::(?:' ~ hex ~ ':){4}' ~ last,
        '(?:(?:' ~ hex ~ ':){0,1}' ~ hex ~ ')?::(?:' ~ hex ~ ':){3}' ~ last,
        '(?:(?:' ~ hex ~ ':){0,2}' ~ hex ~ ')?::(?:' ~ hex ~ ':){2}' ~ last,
        '(?:(?:' ~ hex ~ ':){0,3}' ~ hex ~ ')?::' ~ hex ~ ':' ~ last,
        '(?:(?:' ~ hex ~ ':){0,4}' ~ hex ~ ')?::' ~ last,
        '(?:(?:' ~ hex ~ ':){0,5}' ~ hex ~ ')?::' ~ hex,
        '(?:(?:' ~ hex ~ ':){0,6}' ~ hex ~ ')?::',
    ] | join('|') ~ ')' -%}
    {%- set label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?' -%}
    {%- set hostname = label ~ '(?:[.]' ~ label ~ ')*' -%}
    {%- set atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+" -%}
    {%- set quoted = '"(?:[ !#-Z^-~]|[[]|[]]|[\\\\][ -~])*"' -%}
    {%- set escaped = '%[0-9A-Fa-f]{2}' -%}
    {%- set letters = "A-Za-z0-9._~!$&'()*+,;=-" -%}
    {%- set step = '(?:[:@' ~ letters ~ ']|' ~ escaped ~ ')' -%}
    {%- set more = '(?:[:@/?' ~ letters ~ ']|' ~ escaped ~ ')*' -%}
    {%- set authority = (
        '(?:(?:[:' ~ letters ~ ']|' ~ escaped ~ ')*@)?'
        ~ '(?:[[](?:' ~ ipv6 ~ '|[Vv][0-9A-Fa-f]+[.][:' ~ letters ~ ']+)[]]|(?:[' ~ letters ~ ']|' ~ escaped ~ ')*)'
        ~ '(?::[0-9]*)?'
    ) -%}
    {%- set of_day = 'T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)' -%}
    {%- set grammar = {
        'date': '(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
            ~ '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)',
        'time': '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])',
        'duration': 'P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:' ~ of_day ~ ')?|' ~ of_day ~ ')',
        'email': '(?:' ~ atom ~ '(?:[.]' ~ atom ~ ')*|' ~ quoted ~ ')@(?:' ~ hostname ~ '|[[](?:' ~ ipv4 ~ '|IPv6:' ~ ipv6 ~ ')[]])',
        'hostname': hostname,
        'ipv4': ipv4,
        'ipv6': ipv6,
        'uri': '[A-Za-z][A-Za-z0-9+.-]*:(?://' ~ authority ~ '(?:/' ~ step ~ '*)*|/(?:' ~ step ~ '+(?:/' ~ step ~ '*)*)?|'
            ~ step ~ '+(?:/' ~ step ~ '*)*|)(?:[?]' ~ more ~ ')?(?:#' ~ more ~ ')?',
        'json-pointer': '(?:/(?:[^~/]|~[01])*)*',
    }[format] -%}
    {%- if format == 'hostname' -%}
        (length({{ text }}) <= 253 and {{ regex_match(text, '^' ~ grammar ~ '$') }})
    {%- else -%}
        {{ regex_match(text, '^' ~ grammar ~ '$') }}
    {%- endif -%}
{%- endmacro %}

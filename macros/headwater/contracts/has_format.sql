{#
    Whether a text has one of JSON Schema's formats, by its grammar alone: days that exist
    (RFC 3339, without leap seconds), mailboxes and host names in ASCII (RFC 5321, RFC 1123),
    addresses (RFC 2673, RFC 4291), URIs (RFC 3986), IRIs (RFC 3987), templates of URIs
    (RFC 6570), pointers (RFC 6901), mailboxes in any script (RFC 6531).

    @arg text    an expression
    @arg format  one of headwater.contracts.keywords.FORMATS besides date-time and uuid
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
    {%- set beyond = [
        '\\x{A0}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFEF}'
    ] -%}
    {%- for plane in '123456789ABCD' -%}
        {%- do beyond.append('\\x{' ~ plane ~ '0000}-\\x{' ~ plane ~ 'FFFD}') -%}
    {%- endfor -%}
    {%- set beyond = beyond | join ~ '\\x{E1000}-\\x{EFFFD}' -%}
    {%- set private = '\\x{E000}-\\x{F8FF}\\x{F0000}-\\x{FFFFD}\\x{100000}-\\x{10FFFD}' -%}
    {%- set is_iri = format in ('iri', 'iri-reference') -%}
    {%- set escaped = '%[0-9A-Fa-f]{2}' -%}
    {%- set ascii = "A-Za-z0-9._~!$&'()*+,;=-" -%}
    {%- set letters = (beyond if is_iri else '') ~ ascii -%}
    {%- set step = '(?:[:@' ~ letters ~ ']|' ~ escaped ~ ')' -%}
    {%- set first = '(?:[@' ~ letters ~ ']|' ~ escaped ~ ')' -%}
    {%- set more = '(?:[:@/?' ~ letters ~ ']|' ~ escaped ~ ')*' -%}
    {%- set query = '(?:[:@/?' ~ (private if is_iri else '') ~ letters ~ ']|' ~ escaped ~ ')*' -%}
    {%- set after = '(?:[?]' ~ query ~ ')?(?:#' ~ more ~ ')?' -%}
    {%- set authority = (
        '(?:(?:[:' ~ letters ~ ']|' ~ escaped ~ ')*@)?'
        ~ '(?:[[](?:' ~ ipv6 ~ '|[Vv][0-9A-Fa-f]+[.][:' ~ ascii ~ ']+)[]]|(?:[' ~ letters ~ ']|' ~ escaped ~ ')*)'
        ~ '(?::[0-9]*)?'
    ) -%}
    {%- set below = '//' ~ authority ~ '(?:/' ~ step ~ '*)*|/(?:' ~ step ~ '+(?:/' ~ step ~ '*)*)?' -%}
    {%- set uri = '[A-Za-z][A-Za-z0-9+.-]*:(?:' ~ below ~ '|' ~ step ~ '+(?:/' ~ step ~ '*)*|)' ~ after -%}
    {%- set reference = '(?:' ~ uri ~ '|(?:' ~ below ~ '|' ~ first ~ '+(?:/' ~ step ~ '*)*|)' ~ after ~ ')' -%}
    {%- set variable = '(?:[A-Za-z0-9_]|' ~ escaped ~ ')(?:[.]?(?:[A-Za-z0-9_]|' ~ escaped ~ '))*(?::[1-9][0-9]{0,3}|[*])?' -%}
    {%- set literal = '(?:[!#$&-;=?-[_a-z~' ~ beyond ~ private ~ ']|[]]|' ~ escaped ~ ')' -%}
    {%- set any_letter = '[A-Za-z0-9\\x{80}-\\x{10FFFF}]' -%}
    {%- set any_label = any_letter ~ '(?:[A-Za-z0-9\\x{80}-\\x{10FFFF}-]{0,61}' ~ any_letter ~ ')?' -%}
    {%- set any_atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]+" -%}
    {%- set any_quoted = '"(?:[ !#-Z^-~\\x{80}-\\x{10FFFF}-]|[[]|[]]|[\\\\][ -~])*"' -%}
    {%- set literal_address = '[[](?:' ~ ipv4 ~ '|IPv6:' ~ ipv6 ~ ')[]]' -%}
    {%- set pointer = '(?:/(?:[^~/]|~[01])*)*' -%}
    {%- set of_day = 'T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)' -%}
    {%- set grammar = {
        'date': '(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
            ~ '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)',
        'time': '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])',
        'duration': 'P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:' ~ of_day ~ ')?|' ~ of_day ~ ')',
        'email': '(?:' ~ atom ~ '(?:[.]' ~ atom ~ ')*|' ~ quoted ~ ')@(?:' ~ hostname ~ '|' ~ literal_address ~ ')',
        'idn-email': '(?:' ~ any_atom ~ '(?:[.]' ~ any_atom ~ ')*|' ~ any_quoted ~ ')@(?:' ~ any_label ~ '(?:[.]' ~ any_label ~ ')*|'
            ~ literal_address ~ ')',
        'hostname': hostname,
        'ipv4': ipv4,
        'ipv6': ipv6,
        'uri': uri,
        'uri-reference': reference,
        'iri': uri,
        'iri-reference': reference,
        'uri-template': '(?:' ~ literal ~ '|[{][+#./;?&=,!@|]?' ~ variable ~ '(?:,' ~ variable ~ ')*[}])*',
        'json-pointer': pointer,
        'relative-json-pointer': '(?:0|[1-9][0-9]*)(?:[+-](?:0|[1-9][0-9]*))?(?:#|' ~ pointer ~ ')',
    }[format] -%}
    {%- if format == 'hostname' -%}
        (length({{ text }}) <= 253 and {{ regex_match(text, '^' ~ grammar ~ '$') }})
    {%- else -%}
        {{ regex_match(text, '^' ~ grammar ~ '$') }}
    {%- endif -%}
{%- endmacro %}

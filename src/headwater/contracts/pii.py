"""Which payload fields look personal, and therefore must say what they are.

The two lists below are the whole rule, and docs/reference/event-contracts.md quotes
them. They read the words of a name (`userId`, `user_id` and `user: {id: …}` are the
same two words); a miss is cheap to mend, so they lean towards asking.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

FORMATS = ("email", "idn-email", "ipv4", "ipv6")  # these tell of a person whatever the name
PII_WORDS = ("none", "identifier", "sensitive", "drop")

# One of these words anywhere in a field's own name.
_WORDS = """
    email mail ip ipv4 ipv6 ipaddress phone telephone msisdn fax address street postcode zip
    zipcode postal birth birthday birthdate dob age gender sex surname firstname lastname
    fullname username userid nickname login password passwd passport ssn iban latitude
    longitude lat lon lng gps imei imsi idfa idfv gaid aaid adid deviceid cookie fingerprint
    useragent
"""
WORDS = frozenset(_WORDS.split())

# These words in a row; the first may be the enclosing object's.
PHRASES = frozenset(
    tuple(phrase.split())
    for phrase in (
        "user id",
        "account id",
        "customer id",
        "member id",
        "subscriber id",
        "person id",
        "patient id",
        "employee id",
        "client id",
        "visitor id",
        "profile id",
        "contact id",
        "device id",
        "installation id",
        "install id",
        "advertising id",
        "advertiser id",
        "vendor id",
        "mac address",
        "serial number",
        "card number",
        "account number",
        "first name",
        "last name",
        "middle name",
        "maiden name",
        "family name",
        "given name",
        "full name",
        "legal name",
        "person name",
        "user name",
        "customer name",
        "member name",
        "account name",
        "contact name",
        "display name",
        "nick name",
        "user agent",
        "national id",
        "tax id",
        "zip code",
        "post code",
    )
)

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name; digits after a letter stay with it (`ipv4`)."""
    joined = re.sub(r"(?<=[A-Za-z])([0-9]+)", lambda match: match[1] + "_", name)
    found: list[str] = []
    for part in re.split(r"[^A-Za-z0-9]+", joined):
        if re.fullmatch(r"[A-Za-z][a-z]*[0-9]+", part):
            found.append(part.lower())
        else:
            found.extend(token.lower() for token in _TOKEN.findall(part))
    return tuple(found)


def looks_personal(
    path: Sequence[str], pattern: str | None = None, format_: str | None = None
) -> str | None:
    """What makes the field at `path` look personal (`user id`, `an @ in its pattern`), or None."""
    own = words(path[-1])
    parent = words(path[-2]) if len(path) > 1 else ()
    if own == ("name",):
        return "name"
    for word in own:
        if word in WORDS:
            return word
    around = (*parent[-1:], *own)
    for at in range(len(around) - 1):
        if around[at : at + 2] in PHRASES:
            return " ".join(around[at : at + 2])
    if pattern is not None and "@" in pattern:
        return "an @ in its pattern"
    if format_ in FORMATS:
        return f"the format {format_}"
    return None

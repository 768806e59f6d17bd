"""Random field schemas and values for them, every keyword among them; seeded by the caller."""

from __future__ import annotations

import json
from random import Random
from typing import Any

Schema = dict[str, Any]

TEXTS = ("", "a", "b", "ab", "abc", "aab", "A1", "1", "é", "\U0001f600", "true", "x y", "a/b~c")
FORMATTED = {
    "date": "2024-02-29",
    "time": "12:00:00Z",
    "date-time": "2024-02-29T12:00:00Z",
    "duration": "P1DT2H",
    "uuid": "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90",
    "email": "a@b.example",
    "hostname": "a.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://a.example/b?c#d",
    "uri-reference": "../a?b",
    "json-pointer": "/a~0b/c",
}
NUMBERS = (0, 1, -1, 2, 3, 4, 5, 10, 0.5, 1.5, -2.5, 2.25, 100, 1e3, 12, 7)
PATTERNS = ("^a", "b$", "^[a-z]+$", "[0-9]", "^.{2}$", "^(?:a|ab)$")
NAMES = ("a", "b", "c", "ab", "x1")
KINDS = ("string", "integer", "number", "boolean", "object", "array")


def field(random: Random, depth: int = 0) -> Schema:
    """A schema that makes a column: one type, perhaps null, and keywords of it."""
    kind = random.choice((*KINDS, "object", "array", "object") if depth < 2 else KINDS[:4])
    found = _BY_KIND[kind](random, depth)
    types: Any = kind
    if random.random() < 0.25:
        types = [kind, "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
        if "const" in found:
            types = kind
    found["type"] = types
    if random.random() < 0.3:
        found |= _combined(random, kind)
    return found


def item(random: Random, depth: int) -> Schema:
    """The schema of the items of a column: plain values or objects, never null."""
    kind = random.choice(KINDS[:5] if depth < 2 else KINDS[:4])
    found = _BY_KIND[kind](random, depth + 1)
    if random.random() < 0.15:
        found |= _combined(random, kind)
    return {"type": kind, **found}


def rule(random: Random, kind: str | None = None, depth: int = 0) -> Any:
    """A schema that makes no column: any keywords, of `kind` if that is given."""
    pick = random.random()
    if pick < 0.04:
        return random.random() < 0.5
    kind = kind or random.choice(KINDS)
    if pick < 0.15:
        return {"type": random.choice([kind, [kind, "null"], ["string", "array"]])}
    if pick < 0.25:
        return {"const": value(random)} if pick < 0.2 else {"enum": [value(random) for _ in "123"]}
    found = _IN_RULES[kind](random, depth)
    if random.random() < 0.4:
        found["type"] = kind
    if depth < 2 and random.random() < 0.2:
        found |= _combined(random, kind, depth + 1)
    return found


def _combined(random: Random, kind: str, depth: int = 0) -> Schema:
    def inner() -> Any:
        return rule(random, kind if random.random() < 0.7 else None, depth + 1)

    keyword = random.choice(["allOf", "anyOf", "oneOf", "not", "if"])
    if keyword == "not":
        return {"not": inner()}
    if keyword == "if":
        outcomes = random.choice([["then"], ["else"], ["then", "else"]])
        return {"if": inner(), **{each: inner() for each in outcomes}}
    return {keyword: [inner() for _ in range(random.randint(1, 3))]}


def _some(random: Random, choices: dict[str, Any], most: int = 2) -> Schema:
    """A few of the keywords, with the values that the choices make."""
    chosen = random.sample(list(choices), random.randint(0, min(most, len(choices))))
    return {each: choices[each]() for each in chosen}


def _string(random: Random, depth: int) -> Schema:
    if random.random() < 0.2:
        return {"enum": random.sample(TEXTS, 3)} if random.random() < 0.6 else {"const": "ab"}
    found = _some(
        random,
        {
            "minLength": lambda: random.randint(0, 2),
            "maxLength": lambda: random.randint(2, 4),
            "pattern": lambda: random.choice(PATTERNS),
        },
    )
    if random.random() < 0.15:
        found = {"format": random.choice(list(FORMATTED))}
    return found


def _number(random: Random, depth: int) -> Schema:
    if random.random() < 0.2:
        chosen = random.sample(NUMBERS, 3)
        return {"enum": chosen} if random.random() < 0.6 else {"const": chosen[0]}
    return _some(
        random,
        {
            "minimum": lambda: random.choice([-1, 0, 0.5, 1]),
            "maximum": lambda: random.choice([1, 2.25, 5, 100]),
            "exclusiveMinimum": lambda: random.choice([-2.5, 0, 1]),
            "exclusiveMaximum": lambda: random.choice([1.5, 4, 100]),
            "multipleOf": lambda: random.choice([0.5, 2, 3, 1.5, 0.25]),
        },
    )


def _integer(random: Random, depth: int) -> Schema:
    found = _number(random, depth)
    for key, each in found.items():
        if key == "enum":
            found[key] = list(dict.fromkeys(int(one) for one in each))
        elif key != "multipleOf":
            found[key] = int(each)
    return found


def _boolean(random: Random, depth: int) -> Schema:
    pick = random.random()
    return {"const": True} if pick < 0.15 else {"enum": [False]} if pick < 0.3 else {}


def _object(random: Random, depth: int) -> Schema:
    names = random.sample(NAMES, random.randint(1, 3))
    found: Schema = {"properties": {name: field(random, depth + 1) for name in names}}
    if random.random() < 0.4:
        found["required"] = random.sample(names, random.randint(1, len(names)))
    if random.random() < 0.7:
        found |= _of_objects(random, depth)
    return found


def _of_objects(random: Random, depth: int) -> Schema:
    def inner() -> Any:
        return rule(random, None, depth + 1)

    return _some(
        random,
        {
            "minProperties": lambda: random.randint(0, 2),
            "maxProperties": lambda: random.randint(1, 3),
            "additionalProperties": lambda: random.choice([False, inner()]),
            "patternProperties": lambda: {random.choice(PATTERNS): inner()},
            "propertyNames": lambda: {"maxLength": 1} if random.random() < 0.5 else inner(),
            "dependentRequired": lambda: {random.choice(NAMES): [random.choice(NAMES)]},
            "dependentSchemas": lambda: {random.choice(NAMES): rule(random, "object", 2)},
            "unevaluatedProperties": lambda: random.choice([False, inner()]),
        },
    )


def _array(random: Random, depth: int) -> Schema:
    found: Schema = {"items": item(random, depth)}
    if found["items"]["type"] in KINDS[:4] and random.random() < 0.3:
        kind = found["items"]["type"]
        first = [{**_BY_KIND[kind](random, depth + 1), "type": kind} for _ in "ab"]
        found["prefixItems"] = first[: random.randint(1, 2)]
        if random.random() < 0.4:
            found["items"] = False
    found |= _some(
        random,
        {
            "minItems": lambda: random.randint(0, 2),
            "maxItems": lambda: random.randint(2, 4),
            "uniqueItems": lambda: True,
            "contains": lambda: rule(random, random.choice(KINDS[:4]), 2),
        },
    )
    if "contains" in found and random.random() < 0.5:
        found |= random.choice([{"minContains": 2}, {"maxContains": 1}, {"minContains": 0}])
    return found


def _any_object(random: Random, depth: int) -> Schema:
    found = _of_objects(random, depth) if depth < 2 else {"minProperties": 1}
    if random.random() < 0.6 and depth < 2:
        names = random.sample(NAMES, random.randint(1, 2))
        found["properties"] = {name: rule(random, None, depth + 1) for name in names}
    if random.random() < 0.4:
        found["required"] = random.sample(NAMES, 1)
    return found


def _any_array(random: Random, depth: int) -> Schema:
    if depth >= 2:
        return _some(random, {"minItems": lambda: 1, "maxItems": lambda: 2, "uniqueItems": bool})

    def inner() -> Any:
        return rule(random, None, depth + 1)

    return _some(
        random,
        {
            "minItems": lambda: random.randint(0, 2),
            "maxItems": lambda: random.randint(1, 3),
            "uniqueItems": lambda: True,
            "contains": inner,
            "items": inner,
            "prefixItems": lambda: [inner() for _ in range(random.randint(1, 2))],
            "unevaluatedItems": lambda: random.choice([False, inner()]),
        },
        most=3,
    )


_BY_KIND = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "object": _object,
    "array": _array,
}
_IN_RULES = {**_BY_KIND, "object": _any_object, "array": _any_array}


def value(random: Random, depth: int = 0) -> Any:
    """Any JSON value."""
    pick = random.random()
    if pick < 0.35:
        return random.choice(TEXTS)
    if pick < 0.6:
        return random.choice(NUMBERS)
    if pick < 0.75 or depth > 1:
        return random.choice([True, False, None])
    if pick < 0.88:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    names = random.sample(NAMES, random.randrange(4))
    return {name: value(random, depth + 1) for name in names}


def fitting(random: Random, schema: Any) -> Any:
    """A value that the schema allows, as far as its plainest keywords say, most of the time."""
    if random.random() < 0.12 or not isinstance(schema, dict):
        return value(random, 1)
    if "const" in schema and random.random() < 0.9:
        return schema["const"]
    if "enum" in schema and random.random() < 0.9:
        return random.choice(schema["enum"])
    types = schema.get("type", random.choice(KINDS))
    kind = types if isinstance(types, str) else random.choice([types[0], *types])
    if kind == "string":
        if schema.get("format") in FORMATTED and random.random() < 0.8:
            return FORMATTED[schema["format"]]
        return random.choice(TEXTS)
    if kind in ("integer", "number"):
        found = random.choice(NUMBERS)
        return int(found) if kind == "integer" and random.random() < 0.9 else found
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "null":
        return None
    if kind == "array":
        prefix = schema.get("prefixItems", [])
        items = [fitting(random, each) for each in prefix]
        rest = schema.get("items", schema.get("contains", True))
        return items + [fitting(random, rest) for _ in range(random.randrange(4))]
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    found = {
        name: fitting(random, inner)
        for name, inner in properties.items()
        if random.random() < (0.95 if name in required else 0.7)
    }
    if random.random() < 0.2:
        found[random.choice(NAMES)] = value(random, 1)
    return found


def text_of(random: Random, found: Any) -> str:
    """A JSON value as text: numbers in several spellings, letters escaped or not."""
    if isinstance(found, dict):
        inner = ", ".join(
            f"{json.dumps(name)}: {text_of(random, each)}" for name, each in found.items()
        )
        return f"{{{inner}}}"
    if isinstance(found, list):
        return f"[{', '.join(text_of(random, each) for each in found)}]"
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        plain = json.dumps(found)
        if float(found).is_integer():
            return random.choice([plain, plain, f"{int(found)}.0", f"{int(found)}e0"])
        return plain
    return json.dumps(found, ensure_ascii=random.random() < 0.5)

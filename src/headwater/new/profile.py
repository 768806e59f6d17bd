"""What records hold, learnt in SQL: places, kinds of value, and how often."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from headwater.contracts.keywords import SCALARS
from headwater.contracts.model import Path
from headwater.new.draft import ITEMS, Json, dotted
from headwater.validate.memory import RAW, Memory

# An enum is guessed where few values come back often; docs/reference/event-contracts.md says so.
ENUM_VALUES = 10
ENUM_TIMES = 20  # on average, and each of them at least twice
ENUM_LENGTH = 40
# With more digits than this, or an @, a value may be somebody's: it is never written down.
ENUM_DIGITS = 3
# An object with more names than this, each of them in less than a tenth, is a map.
MAP_NAMES = 50

_STEP = re.compile(r'\.(?:"((?:[^"\\]|\\.)*)"|([^.\[]+))|\[\*\]')

# A CSV cell is text; what base would read as another JSON type counts as one.
_NODES = rf"""
    create or replace table nodes as
    with tree as (
        select
            {RAW}._line,
            tree.id,
            regexp_replace(tree.fullkey, '\[[0-9]+\]', '[*]', 'g') as place,
            tree.type,
            json_extract_string(tree.atom, '$') as text,
            {RAW}._format = 'csv' and tree.type = 'VARCHAR' as is_cell
        from {RAW}, json_tree(cast({RAW}.record as json)) as tree
    )

    select
        _line,
        id,
        place,
        text,
        is_cell,
        case
            when is_cell and regexp_matches(text, '^(true|false)$') then 'boolean'
            when is_cell and not regexp_matches(text, '{{number}}') then 'string'
            when type = 'VARCHAR' and not is_cell then 'string'
            when type = 'BOOLEAN' then 'boolean'
            when type in ('NULL', 'OBJECT', 'ARRAY') then lower(type)
            when not regexp_matches(text, '^-?[0-9]+$') then 'number'
            when try_cast(text as bigint) is null then 'long'
            else 'integer'
        end as kind
    from tree
""".replace("{number}", r"^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?$")

_PLACES = """
    select
        place,
        count(*) as seen,
        list_sort(list_distinct(list(kind))) as kinds,
        countif(kind = 'object') as objects,
        bool_or(is_cell) as is_cell
    from nodes
    group by place
    order by min((cast(_line as hugeint) << 40) + id)
"""

_FEW_VALUES = f"""
    select place, list(text order by times desc, text)
    from (
        select place, text, count(*) as times
        from nodes
        where kind = 'string' or is_cell
        group by all
    )
    group by place
    having
        count(*) between 2 and {ENUM_VALUES}
        and sum(times) >= count(*) * {ENUM_TIMES}
        and min(times) >= 2
        and max(length(text)) <= {ENUM_LENGTH}
"""


@dataclass(frozen=True)
class Place:
    """One place of the records: how often there was a value, and of which kinds."""

    seen: int
    kinds: frozenset[str]
    objects: int
    is_cell: bool = False

    @property
    def types(self) -> frozenset[str]:
        """The kinds but for null, as JSON types; `long` where 64 bits do not hold a number."""
        kinds = self.kinds - {"null"}
        if "number" in kinds:
            kinds -= {"integer", "long"}
        if self.is_cell and (len(kinds) > 1 or "long" in kinds):
            return frozenset({"string"})  # any cell is a text
        return kinds


@dataclass(frozen=True)
class Profile:
    """Everything learnt of some records. Paths hold ITEMS where an array is entered."""

    records: int
    places: Mapping[Path, Place]
    few_values: Mapping[Path, tuple[str, ...]]
    children: Mapping[Path, tuple[Path, ...]]

    def below(self, path: Path) -> tuple[Path, ...]:
        """The properties of the object at `path`, in the order in which they were met."""
        return self.children.get(path, ())


def profile(memory: Memory) -> Profile:
    """The profile of the records in raw; makes the table `nodes`."""
    memory.query(_NODES)
    places = {
        steps(place): Place(seen, frozenset(kinds), objects, is_cell)
        for place, seen, kinds, objects, is_cell in memory.query(_PLACES)
    }
    values = {steps(place): tuple(found) for place, found in memory.query(_FEW_VALUES)}
    children: dict[Path, list[Path]] = defaultdict(list)
    for path in places:
        if path and path[-1] != ITEMS:
            children[path[:-1]].append(path)
    ((records,),) = memory.query(f"select count(*) from {RAW}")
    below = {path: tuple(found) for path, found in children.items()}
    return Profile(records, places, values, below)


def steps(place: str) -> Path:
    """DuckDB's name of a place, `$.a."b c"[*].d`, as a path."""
    found = []
    for match in _STEP.finditer(place):
        quoted, plain = match.groups()
        if quoted is not None:
            found.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            found.append(plain if plain is not None else ITEMS)
    return tuple(found)


@dataclass
class Inferred:
    """An object schema of what was seen, and what it leaves out and why."""

    schema: Json
    left_out: list[str] = field(default_factory=list)


def infer(seen: Profile, path: Path, skipped: frozenset[Path] = frozenset()) -> Inferred:
    """The schema of the objects at `path`, without the properties at `skipped`."""
    found = Inferred({})
    found.schema = _object(seen, path, len(path), skipped, found.left_out)
    return found


def _object(
    seen: Profile, path: Path, top: int, skipped: frozenset[Path], left_out: list[str]
) -> Json:
    declared: Json = {}
    required = []
    for each in seen.below(path):
        if each in skipped:
            continue
        schema = _value(seen, each, top, skipped, left_out)
        if schema is not None:
            declared[each[-1]] = schema
            if seen.places[each].seen >= seen.places[path].objects:
                required.append(each[-1])
    return {"type": "object", "required": required, "properties": declared}


def _value(
    seen: Profile, path: Path, top: int, skipped: frozenset[Path], left_out: list[str]
) -> Json | None:
    place, name = seen.places[path], dotted(path[top:])
    kinds = place.types
    if reason := _undecided(seen, path, kinds):
        if path[-1].isidentifier():
            left_out.append(f"{name}: {reason}")
        return None
    (kind,) = kinds
    schema: Json = {"type": kind}
    if _is_map(seen, path):
        schema["additionalProperties"] = _value_of_map(seen, path)
    elif kind == "object":
        schema = _object(seen, path, top, skipped, left_out)
    elif kind == "array":
        items = _value(seen, (*path, ITEMS), top, skipped, left_out)
        if items is None:
            return None
        schema["items"] = items
    if "null" in place.kinds:
        schema["type"] = [kind, "null"]
    return schema


def _undecided(seen: Profile, path: Path, kinds: frozenset[str]) -> str:
    """Why no type can be given to a place, if none can."""
    if not kinds:
        return "always null"
    if len(kinds) > 1:
        return f"values of several types ({', '.join(sorted(kinds))})"
    if "long" in kinds:
        return "whole numbers beyond 64 bits; send them as text"
    if "array" in kinds and (*path, ITEMS) not in seen.places:
        return "an array that is always empty"
    if "object" in kinds:
        inside = seen.below(path)
        if not inside:
            return "an object that is always empty"
        if _is_map(seen, path) and _value_of_map(seen, path) is None:
            return f"a map of values of no one plain type: {len(inside):,} names, most of them rare"
    return ""


def _is_map(seen: Profile, path: Path) -> bool:
    """Whether the names of an object are data: too many, and most of them rare."""
    inside = seen.below(path)
    met = sum(seen.places[each].seen for each in inside)
    return len(inside) > MAP_NAMES and met * 10 < seen.places[path].objects * len(inside)


def _value_of_map(seen: Profile, path: Path) -> Json | None:
    """The type of what is under the names of a map, where that is one plain one."""
    kinds = frozenset[str]().union(*(seen.places[each].kinds for each in seen.below(path)))
    types = Place(seen=0, kinds=kinds, objects=0).types
    if len(types) != 1 or not types <= {*SCALARS}:
        return None
    (kind,) = types
    return {"type": [kind, "null"] if "null" in kinds else kind}


def _is_code(value: str) -> bool:
    return "@" not in value and sum(map(str.isdigit, value)) <= ENUM_DIGITS


def with_enums(seen: Profile, schema: Json, path: Path, skip: frozenset[Path]) -> Json:
    """The schema with an enum wherever few values come back often, but for `skip`."""
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {
            name: with_enums(seen, inner, (*path, name), skip)
            for name, inner in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = with_enums(seen, schema["items"], (*path, ITEMS), skip)
    values = seen.few_values.get(path)
    if values and all(map(_is_code, values)) and "format" not in schema and path not in skip:
        if schema.get("type") == "string":
            found["enum"] = list(values)
        elif schema.get("type") == ["string", "null"]:
            found["enum"] = [*values, None]
    return found

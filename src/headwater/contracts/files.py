"""The contracts folder: which files are event contracts, and what holds between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from headwater.contracts.contract import Parsed, parse
from headwater.contracts.model import EventContract
from headwater.contracts.model import Path as JsonPath
from headwater.contracts.names import SQL_WORDS
from headwater.contracts.report import Report, shown
from headwater.contracts.shared import SchemaFiles, is_schema_file, text_of
from headwater.contracts.values import NAME
from headwater.errors import ContractErrors, Diagnostic

MAX_NAME = 100
TAKEN = ("unparsed", "undeclared")  # tables of the raw schema

_FILE = re.compile(r"(?P<event>.+)\.v(?P<major>[1-9][0-9]{0,3})\.yml", re.DOTALL)
# `$ref` and `$dynamicRef`; in double quotes, YAML allows an escape for any character.
_REFERENCE = re.compile(r"\$(?:ref|dynamicRef)|\\")


@dataclass(frozen=True)
class Broken:
    """An event type that cannot be used, whose it is (where its files still say), and why."""

    event: str
    owner: str | None
    channel: str | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Reading:
    """All event contracts of a project: the usable ones, and the broken event types.

    An event type is broken as a whole when any of its files is. `strays` are problems of
    files whose name says no event type.
    """

    contracts: tuple[EventContract, ...]
    broken: tuple[Broken, ...]
    strays: tuple[Diagnostic, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Every problem, in file and line order."""
        found = [each for broken in self.broken for each in broken.diagnostics]
        return tuple(sorted([*found, *self.strays]))


@dataclass(frozen=True)
class Source:
    """The text of a contract file, and what its path says of it."""

    path: str
    domain: str
    event: str
    major: int
    text: str
    schemas: SchemaFiles = field(repr=False, compare=False)

    @property
    def schemas_hash(self) -> str:
        """A hash of the schema files, if the text may refer to one."""
        return self.schemas.digest() if _REFERENCE.search(self.text) else ""


Parser = Callable[[Sequence[Source]], Sequence[Parsed]]


def parse_sources(sources: Sequence[Source]) -> list[Parsed]:
    """What each of the files says, and what is wrong with it and with its name."""
    return [_parsed(each) for each in sources]


def read(root: Path) -> tuple[EventContract, ...]:
    """The event contracts of the project at `root`, by domain, event and major.

    Raises ContractErrors with every problem of every file.
    """
    reading = read_all(root)
    if reading.diagnostics:
        raise ContractErrors(reading.diagnostics)
    return reading.contracts


def event_names(root: Path) -> tuple[str, ...]:
    """The event types that the names of the files below `root`/contracts say."""
    names = (_FILE.fullmatch(path.name) for path in _candidates(root / "contracts"))
    return tuple(sorted({match["event"] for match in names if match}))


def files_of(root: Path, event: str) -> tuple[str, ...]:
    """The files below `root`/contracts whose names say that event type."""
    return tuple(
        _shown(path.relative_to(root))
        for path in _candidates(root / "contracts")
        if (match := _FILE.fullmatch(path.name)) and match["event"] == event
    )


def name_problems(path: str, domain: str, event: str) -> tuple[Diagnostic, ...]:
    """Why the contract of such an event cannot lie at `path`, contracts/<domain>/<file>."""
    report = Report(path)
    for label, word in (("domain", domain), ("event", event)):
        if not _is_name(word):
            report.add(
                0,
                f"the {label} in the file name is not a name",
                f"small letters, digits and _, starting with a letter, at most {MAX_NAME}",
            )
    if not report.diagnostics:
        _check_event_name(event, report)
    return report.diagnostics


def read_each(root: Path) -> tuple[tuple[EventContract, ...], tuple[Diagnostic, ...]]:
    """The usable event contracts, and the problems of the others."""
    reading = read_all(root)
    return reading.contracts, reading.diagnostics


def read_all(root: Path, event: str | None = None, parser: Parser = parse_sources) -> Reading:
    """Every file below `root`/contracts, so that one bad contract fails only its own branch.

    `event` limits it to the files whose names say that event type. `parser` does what
    parse_sources() does, perhaps from what it knows already.
    """
    found: list[Parsed | Source] = []
    strays: list[Diagnostic] = []
    schemas = SchemaFiles(root)
    for path in _candidates(root / "contracts"):
        if event is not None and not path.name.startswith(f"{event}.v"):
            continue
        name = _shown(path.relative_to(root))
        report = Report(name)
        each = _read_file(path, root / "contracts", schemas, report)
        if each is not None:
            found.append(each)
        strays.extend(report.diagnostics)
    said = iter(parser([each for each in found if isinstance(each, Source)]))
    parsed = [next(said) if isinstance(each, Source) else each for each in found]
    events: dict[str, list[Parsed]] = {}
    for one in _compare(parsed):
        events.setdefault(one.event, []).append(one)
    contracts: list[EventContract] = []
    broken: list[Broken] = []
    for event, files in events.items():
        problems = [problem for each in files for problem in each.diagnostics]
        if problems:
            owner = next((each.owner for each in files if each.owner), None)
            channel = next((each.channel for each in files if each.channel), None)
            broken.append(Broken(event, owner, channel, tuple(sorted(problems))))
        else:
            contracts.extend(each.contract for each in files if each.contract is not None)
    contracts.sort(key=lambda each: (each.domain, each.event, each.major))
    broken.sort(key=lambda each: each.event)
    return Reading(tuple(contracts), tuple(broken), tuple(sorted(strays)))


def _candidates(folder: Path) -> Iterator[Path]:
    """Everything that is or looks like a contract; not schemas, hidden or other files."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_schema_file(path):
            continue
        if not hidden and path.suffix.lower() in (".yml", ".yaml") and not path.is_dir():
            yield path


def _shown(path: Path) -> str:
    """The path as messages print it: one line, whatever the file is called."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path.as_posix())


def _read_file(
    path: Path, folder: Path, schemas: SchemaFiles, report: Report
) -> Parsed | Source | None:
    place = "contracts/<domain>/<event>.v<major>.yml, for example contracts/orders/paid.v1.yml"
    parts = path.relative_to(folder).parts
    match = _FILE.fullmatch(parts[-1])
    if len(parts) != 2:
        report.add(0, "an event contract lies in the folder of its domain", f"move it to {place}")
        return None
    if match is None:
        report.add(0, "the file name says no event and major", f"rename it to {place}")
        return None
    domain, event, major = parts[0], match["event"], int(match["major"])
    name = report.path
    problems = name_problems(name, domain, event)
    if not (_is_name(domain) and _is_name(event)):
        for problem in problems:
            report.add(problem.line, problem.message, problem.hint)
        return None
    own = Report(name)
    text = text_of(path, own)
    if text is None:
        return Parsed(name, event, None, None, None, (*problems, *own.diagnostics))
    return Source(name, domain, event, major, text, schemas)


def _parsed(source: Source) -> Parsed:
    found = parse(
        source.text,
        source.path,
        source.domain,
        source.event,
        source.major,
        source.schemas.load,
    )
    problems = name_problems(source.path, source.domain, source.event)
    return replace(found, diagnostics=(*problems, *found.diagnostics)) if problems else found


def _is_name(word: str) -> bool:
    return NAME.fullmatch(word) is not None and len(word) <= MAX_NAME


def _check_event_name(event: str, report: Report) -> None:
    if event in TAKEN:
        report.add(0, f"an event cannot be called {event}: raw has such a table", "rename it")
    if event in SQL_WORDS:
        report.add(0, f"an event cannot be called {event}, an SQL word", f"say more: {event}_made")
    if re.search(r"_v[0-9]+$", event):
        report.add(
            0,
            f"the event name {event} ends like a version",
            "the major stands after the dot: name.v2.yml",
        )


def _compare(parsed: Iterable[Parsed]) -> Iterator[Parsed]:
    """Each file, with what is wrong between it and the files of its event type before it."""
    before: dict[str, list[Parsed]] = {}
    claimed: dict[tuple[JsonPath, str], Parsed] = {}
    for each in parsed:
        report = Report(each.path)
        others = before.setdefault(each.event, [])
        if others:
            _check_pair(others[0], each, report)
            _check_latest(others, each, report)
        _check_called(claimed, each, report)
        others.append(each)
        yield replace(each, diagnostics=(*each.diagnostics, *report.diagnostics))


def _check_called(
    claimed: dict[tuple[JsonPath, str], Parsed], each: Parsed, report: Report
) -> None:
    """A record belongs to one event type."""
    if each.contract is None or each.contract.envelope.event_type is None:
        return
    for text in each.contract.called:
        other = claimed.setdefault((each.contract.envelope.event_type, text), each)
        if other.event != each.event:
            report.add(
                each.lines.get("envelope", 1),
                f"records that say {shown(text)} would be of {other.event}, too: {other.path}",
                "what envelope.event_type is, or by default the event's name, tells them apart",
            )


# One load and one base model serve every major, and one team answers for them, so these
# cannot differ between them; version, description, latest, expose, payload and examples can.
SHARED = {
    "envelope": ("envelope",),
    "tier": ("tier",),
    "completeness": ("completeness",),
    "retention": ("raw_retention", "staging_retention"),
    "dedup_lookback": ("dedup_lookback",),
    "max_lateness": ("max_lateness",),
    "owner": ("owner",),
    "channel": ("channel",),
}


def _check_pair(other: Parsed, each: Parsed, report: Report) -> None:
    if other.path.rsplit("/", 1)[0] != each.path.rsplit("/", 1)[0]:
        report.add(
            0,
            f"the event {each.event} is also in {other.path}",
            "an event belongs to one domain: move or rename one of them",
        )
        return
    if other.contract is None or each.contract is None:
        return
    for name, attributes in SHARED.items():
        if any(getattr(other.contract, a) != getattr(each.contract, a) for a in attributes):
            hint = "all majors of an event are loaded and built together: write the same"
            report.add(each.lines.get(name, 1), f"{name} differs from that in {other.path}", hint)
    if each.contract.envelope.schema_version is None:
        report.add(
            each.lines.get("envelope", 1),
            f"no record can say that it is of version {each.contract.major}: "
            "the envelope maps no schema_version",
            f"map where a record states its version, here and in {other.path}",
        )


def _check_latest(others: Sequence[Parsed], each: Parsed, report: Report) -> None:
    """One major at most is the one that a `ref` without a version means."""
    said = [one for one in others if one.contract is not None and one.contract.latest]
    if each.contract is not None and each.contract.latest and said:
        report.add(
            each.lines.get("latest", 1),
            f"{said[0].path} says that it is the latest, too",
            "write latest: true in one of them",
        )

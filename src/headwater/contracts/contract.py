"""One contract file: text in, an EventContract or its problems out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from headwater.contracts import envelope as envelopes
from headwater.contracts import examples, header, paths, payload, tree
from headwater.contracts.documents import Documents, Load, no_file
from headwater.contracts.model import Envelope, EventContract, Path, Schema
from headwater.contracts.references import inlined
from headwater.contracts.report import Report, nearest, shown
from headwater.errors import Diagnostic


@dataclass(frozen=True)
class Parsed:
    """What one file said. `contract` is None exactly when there are diagnostics.

    `lines` are those of its top-level keys.
    """

    path: str
    event: str
    contract: EventContract | None
    owner: str | None
    channel: str | None
    diagnostics: tuple[Diagnostic, ...]
    lines: Mapping[str, int] = field(default_factory=dict)


def parse(
    text: str, path: str, domain: str, event: str, major: int, load: Load = no_file
) -> Parsed:
    """The contract in `text`, which the file name says is this event and major.

    `load` reads what its references lead to in other files.
    """
    report = Report(path)
    root = tree.parse(text, report)
    if root is not None and not isinstance(root, tree.Mapping):
        report.add(root.line, "an event contract is a mapping", "start with `event: <name>`")
    if not isinstance(root, tree.Mapping):
        return Parsed(path, event, None, None, None, report.diagnostics)
    head = header.read(root, event, major, report)
    body = root.get("payload")
    schema = Schema(types=())
    if body is not None:
        schema = payload.read(inlined(body, report, Documents(load)), report)
    mapped = root.get("envelope")
    envelope, lines = Envelope(), dict[str, int]()
    if mapped is not None:
        envelope, lines = envelopes.read(mapped.value, report)
    _check_together(envelope, lines, schema, 1 if mapped is None else mapped.key_line, report)
    _check_expose(head.expose, schema, report)
    shown_by = root.get("examples")
    found = () if shown_by is None else examples.read(shown_by.value, schema, report)
    contract = None
    if not report.diagnostics:
        contract = EventContract(
            path=path,
            domain=domain,
            event=event,
            major=major,
            version=_said(head.version),
            owner=_said(head.owner),
            channel=_said(head.channel),
            description=_said(head.description),
            payload=schema,
            envelope=envelope,
            tier=head.tier,
            completeness=head.completeness,
            raw_retention=head.retention["raw"],
            staging_retention=head.retention["staging"],
            dedup_lookback=head.dedup_lookback,
            max_lateness=head.max_lateness,
            expose=tuple(name for name, _ in head.expose),
            examples=found,
            breaks=head.breaks,
            latest=head.latest,
        )
    written = {entry.key: entry.key_line for entry in root.entries}
    return Parsed(path, event, contract, head.owner, head.channel, report.diagnostics, written)


def _said(value: str | None) -> str:
    assert value is not None, "a header value is missing without a problem being reported"
    return value


def _check_expose(exposed: tuple[tuple[str, int], ...], schema: Schema, report: Report) -> None:
    fields = {".".join(path): field for path, field in schema.walk()}
    sensitive = [name for name, field in fields.items() if field.pii == "sensitive"]
    for name, line in exposed:
        field = fields.get(name)
        if field is None:
            match = nearest(name, fields)
            hint = f"did you mean {match}?" if match else "write the names as object.field"
            report.add(line, f"expose lists {shown(name)}, which payload does not declare", hint)
        elif field.pii != "sensitive":
            hint = f"sensitive here: {', '.join(sensitive)}" if sensitive else "remove it"
            report.add(line, f"expose lists {name}, which has pii {field.pii}", hint)


def _check_together(
    envelope: Envelope, lines: dict[str, int], schema: Schema, line: int, report: Report
) -> None:
    """The envelope's paths and the payload's fields must not contradict each other."""
    declared = {(*envelope.payload, *path): field for path, field in schema.walk()}
    line = min(lines.values(), default=line)
    for path in envelope.paths():
        field = declared.get(path)
        if field is not None and field.schema.kind in ("object", "array"):
            report.add(
                line,
                f"envelope maps {paths.text(path)}, which payload declares as {field.schema.kind}",
                "an envelope field is a plain value",
            )
        for end in range(len(envelope.payload) + 1, len(path)):
            outer = declared.get(path[:end])
            if outer is not None and outer.schema.kind not in ("object", None):
                report.add(
                    line,
                    f"envelope maps {paths.text(path)}, and payload declares "
                    f"{paths.text(path[:end])} as {outer.schema.kind}",
                    "map another path, or declare an object",
                )
    if envelope.event_type in declared and "event_type" not in lines:
        report.add(
            line,
            f"payload declares {paths.text(envelope.event_type or ())}, where by default the "
            "envelope names the event type",
            "write event_type: none under envelope:, or map where the type stands",
        )
    _check_case(envelope, declared, line, report)


def _check_case(envelope: Envelope, declared: Collection[Path], line: int, report: Report) -> None:
    folded: dict[Path, Path] = {}
    for path in (*envelope.paths(), envelope.payload, *declared):
        for end in range(1, len(path) + 1):
            step = path[:end]
            other = folded.setdefault(tuple(name.lower() for name in step), step)
            if other != step and not (other in declared and step in declared):
                report.add(
                    line,
                    f"{paths.text(other)} and {paths.text(step)} differ only by case",
                    "columns ignore case; map one of them",
                )

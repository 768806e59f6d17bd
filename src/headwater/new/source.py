"""What `--from` names: records, or a JSON Schema of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from headwater.contracts.model import Envelope
from headwater.errors import BadInput
from headwater.new.bundle import bundled
from headwater.new.draft import Json
from headwater.validate.memory import RAW, Memory
from headwater.validate.records import data_file, read_into

MAX_RECORDS = 20_000
MAX_DOCUMENT_BYTES = 64 << 20  # a .json file that is read whole, to see what it is
KINDS = ".ndjson, .jsonl, .json, .csv, .parquet, or a JSON Schema in .json, .yml, .yaml"

_NOTHING_MAPPED = Envelope(event_type=None, received_at=None, schema_version=None)


@dataclass(frozen=True)
class Sample:
    """Records that are no file's, each with its format. `name` says what they are."""

    name: str
    records: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        return self.name


def read_schema(path: Path) -> Json | None:
    """The JSON Schema in a file; None when the file holds records.

    Raises BadInput when there is no such file, or when YAML is no JSON Schema.
    """
    if not path.is_file():
        raise BadInput(f"no such file: {path}")
    if path.suffix in (".yml", ".yaml"):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            raise BadInput(f"{path} is not YAML") from None
        if not _is_schema(document):
            raise BadInput(f"{path} is no JSON Schema of an object", f"--from takes {KINDS}")
        return bundled(dict(document), path, _document)
    if path.suffix in (".json", ".jsonschema") and path.stat().st_size <= MAX_DOCUMENT_BYTES:
        document = _json(path)
        if _is_schema(document):
            return bundled(dict(document), path, _document)
    return None


def _document(path: Path) -> Any:
    """The JSON or YAML in a file that a schema refers to; None when there is none."""
    if not path.is_file() or path.stat().st_size > MAX_DOCUMENT_BYTES:
        return None
    if path.suffix not in (".yml", ".yaml"):
        return _json(path)
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _json(path: Path) -> Any:
    """The one JSON document in a file, None when there are none or several."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def _is_schema(document: Any) -> bool:
    """Whether a JSON value describes other values, and is none of those itself."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("$schema"), str):
        return True
    about = ("properties", "$defs", "definitions", "allOf", "$ref", "oneOf", "anyOf")
    return any(isinstance(document.get(key), (dict, list, str)) for key in about) and (
        document.get("type", "object") == "object"
    )


def read_records(
    memory: Memory, path: Path | Sample, event: str, macros_dir: Path, now: datetime
) -> str:
    """Reads records until there are MAX_RECORDS or more; returns what to know of that.

    Raises BadInput for a file that cannot be read.
    """
    if isinstance(path, Sample):
        memory.add_records([record for _, record in path.records], now)
        if cells := [record for style, record in path.records if style == "csv"]:
            of_csv = "record in (select unnest($cells))"
            memory.query(f"update {RAW} set _format = 'csv' where {of_csv}", cells=cells)
        return ""
    if path.suffix == ".json" and path.stat().st_size <= MAX_DOCUMENT_BYTES:
        document = _json(path)
        if isinstance(document, dict):
            memory.add_records([path.read_text(encoding="utf-8-sig")], now)
            return ""
    file = data_file(path, event)
    counts = read_into(memory, file, _NOTHING_MAPPED, macros_dir, now, MAX_RECORDS)
    if counts.unparsed:
        return (
            f"{counts.unparsed:,} of {counts.records:,} records are no JSON, and were passed over"
        )
    return ""

"""The dbt manifest, read as what a plan needs of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from headwater import windows
from headwater.windows import Window

LOGGED = ("table", "incremental")
PERSONAL = ("identifier", "sensitive")


@dataclass(frozen=True)
class Column:
    """A documented column; `is_personal` when its meta says `pii: identifier | sensitive`."""

    name: str
    description: str = ""
    is_personal: bool = False


@dataclass(frozen=True)
class Node:
    """A model, seed or snapshot of the manifest.

    `name` is what dbt selects it by and ops knows it by: for a dbt model version `model.v2`,
    as the macro key_of has it.
    """

    unique_id: str
    name: str
    kind: str  # model | seed | snapshot
    materialized: str
    schema: str
    identifier: str
    path: str
    relation: str  # the quoted name on the engine the manifest was made for
    raw_code: str
    checksum: str
    meta: Mapping[str, Any]
    parents: tuple[str, ...]
    description: str = ""
    columns: tuple[Column, ...] = ()
    strategy: str = ""  # of an incremental model

    @property
    def model(self) -> str:
        """The name that `ref` takes, without the version."""
        return self.name.partition(".")[0]

    @property
    def table(self) -> tuple[str, str]:
        """(schema, name) of what it is in the warehouse."""
        return self.schema, self.identifier

    @property
    def is_logged(self) -> bool:
        """Whether it keeps rows of its own, and so logs in ops.changed_dates what changed."""
        return self.kind != "model" or self.materialized in LOGGED

    @property
    def is_base(self) -> bool:
        return "contract_hash" in self.meta

    @property
    def is_by_dates(self) -> bool:
        """Whether it is built date by date, and so keeps the dates that it cannot compute."""
        return self.materialized == "incremental" and self.strategy == "dates"

    @property
    def period(self) -> str:
        """`month` when its dates are the first days of months, else empty."""
        return str(self.meta.get("period") or "")

    @property
    def is_mart(self) -> bool:
        """Whether people read it: a logged model under models/marts."""
        return self.kind == "model" and self.is_logged and "/marts/" in f"/{self.path}"

    @property
    def owner(self) -> str:
        return str(self.meta.get("owner", ""))

    @property
    def channel(self) -> str:
        return str(self.meta.get("channel", ""))


@dataclass(frozen=True)
class Graph:
    """The nodes that are built, in an order in which every parent comes first.

    `tests` maps a node's unique id to the sources of the data tests on it.
    """

    nodes: Mapping[str, Node]
    tests: Mapping[str, tuple[str, ...]]

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes.values()}

    @cached_property
    def children(self) -> Mapping[str, tuple[Node, ...]]:
        """Unique id to the nodes that read it directly."""
        found: dict[str, list[Node]] = {unique_id: [] for unique_id in self.nodes}
        for node in self.nodes.values():
            for parent in node.parents:
                found[parent].append(node)
        return {unique_id: tuple(nodes) for unique_id, nodes in found.items()}

    def descendants(self, names: set[str]) -> set[str]:
        """The names given, and every model built from them."""
        found = set(names)
        for node in self.nodes.values():
            if any(self.nodes[parent].name in found for parent in node.parents):
                found.add(node.name)
        return found

    def logged_below(self, node: Node) -> tuple[Node, ...]:
        """The logged nodes it reads, directly or through views."""
        found: dict[str, Node] = {}
        for parent in (self.nodes[unique_id] for unique_id in node.parents):
            below = (parent,) if parent.is_logged else self.logged_below(parent)
            found.update((each.unique_id, each) for each in below)
        return tuple(found.values())

    def windows(self, node: Node) -> dict[str, Window]:
        """The logged nodes below it by name, with what it reads around its own date of each:
        the widest of the ways to it, as the macro logged_upstreams computes them.

        Raises BadInput when its meta.windows cannot be read.
        """
        declared = windows.read(node.name, node.meta)
        found: dict[str, Window] = {}
        for parent in (self.nodes[unique_id] for unique_id in node.parents):
            window = declared.get(parent.model, Window())
            for below in (parent,) if parent.is_logged else self.logged_below(parent):
                found[below.name] = found.get(below.name, Window()).widened(window)
        return found

    def bases_read(self, node: Node) -> dict[str, int]:
        """The event types whose base it reads, other than by way of a model that is built by
        dates, with the days before that it reads of each, as the macro bases_read has them."""
        declared = windows.read(node.name, node.meta)
        found: dict[str, int] = {}
        for parent in (self.nodes[unique_id] for unique_id in node.parents):
            before = declared.get(parent.model, Window()).before or 0
            if parent.is_base:
                below = {str(parent.meta.get("event_type")): 0}
            else:
                below = {} if parent.is_by_dates else _without_windows(self.bases_read(parent))
            for event, days in below.items():
                found[event] = max(found.get(event, 0), before + days)
        return found

    def frozen_before(self, node: Node, expired: Mapping[str, dt.datetime]) -> dt.date | None:
        """The first date that a model built by dates can still compute, as the macro
        frozen_before has it. `expired`: event type to the last hour deleted from its base."""
        if not node.is_by_dates:
            return None
        first = [
            _next_midnight(expired[event] + dt.timedelta(hours=2, days=before))
            for event, before in self.bases_read(node).items()
            if event in expired
        ]
        return windows.first_of_period(max(first), node.period) if first else None

    def _views_below(self, node: Node) -> set[str]:
        found: set[str] = set()
        for parent in (self.nodes[unique_id] for unique_id in node.parents):
            if not parent.is_logged:
                if parent.meta.get("kind") != "staging":
                    found.add(parent.unique_id)
                found |= self._views_below(parent)
        return found

    def code(self, node: Node) -> str:
        """The hash of what decides a node's rows, as the macro code_of_model computes it."""
        if node.is_base:
            return str(node.meta["contract_hash"])
        if node.kind == "seed":
            return node.checksum
        period = f" by {node.period}" if node.period else ""
        parts = [node.raw_code, f"{node.meta.get('date', '')}{period}"]
        for ref, window in sorted((node.meta.get("windows") or {}).items()):
            parts.append(f"{ref} {window.get('before', 0)} {window.get('after', 0)}")
        # An unpinned ref of a dbt model version means another one once the latest is.
        named = (self.nodes[parent] for parent in sorted(node.parents))
        parts += [parent.name for parent in named if parent.name != parent.model]
        parts += [self.code(self.nodes[view]) for view in sorted(self._views_below(node))]
        # dbt's local_md5 is the same: a fingerprint, nothing secret.
        return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def _without_windows(found: Mapping[str, int]) -> dict[str, int]:
    return dict.fromkeys(found, 0)


def _next_midnight(moment: dt.datetime) -> dt.date:
    is_midnight = moment.time() == dt.time(0)
    return moment.date() if is_midnight else moment.date() + dt.timedelta(days=1)


def read(manifest: Mapping[str, Any]) -> Graph:
    """The graph of a manifest; disabled nodes and ephemeral models' own builds left out."""
    kept = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "snapshot")
    }
    nodes: dict[str, Node] = {}

    def add(unique_id: str) -> None:
        if unique_id in nodes:
            return
        raw = kept[unique_id]
        parents = tuple(p for p in raw.get("depends_on", {}).get("nodes", ()) if p in kept)
        for parent in parents:
            add(parent)
        nodes[unique_id] = Node(
            unique_id=unique_id,
            name=key_of(raw),
            kind=raw["resource_type"],
            materialized=raw["config"]["materialized"],
            schema=raw["schema"],
            identifier=raw["alias"],
            path=raw["original_file_path"],
            relation=raw.get("relation_name") or "",
            raw_code=raw.get("raw_code", ""),
            checksum=raw["checksum"]["checksum"],
            meta=raw["config"].get("meta") or {},
            parents=parents,
            description=raw.get("description", "").strip(),
            columns=tuple(_column(each) for each in raw.get("columns", {}).values()),
            strategy=raw["config"].get("incremental_strategy") or "",
        )

    for unique_id in kept:
        add(unique_id)
    tests: dict[str, list[str]] = {}
    for raw in manifest["nodes"].values():
        if raw["resource_type"] == "test":
            source = f"{raw['name']} {raw['raw_code']} {raw['config'].get('severity')}"
            for parent in raw["depends_on"]["nodes"]:
                tests.setdefault(parent, []).append(source)
    return Graph(nodes, {key: tuple(sorted(value)) for key, value in tests.items()})


def key_of(raw: Mapping[str, Any]) -> str:
    """What a node of the manifest is called: its name, with its version where it has one."""
    version = raw.get("version")
    return f"{raw['name']}.v{version}" if version else str(raw["name"])


def _column(raw: Mapping[str, Any]) -> Column:
    meta = {**(raw.get("meta") or {}), **(raw.get("config", {}).get("meta") or {})}
    return Column(
        name=raw["name"],
        description=raw.get("description", "").strip(),
        is_personal=meta.get("pii") in PERSONAL,
    )

"""Random histories of a warehouse, and the comparison after each step with the oracle."""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from strategies.oracle import (
    DAY,
    EVENTS,
    Contract,
    Delivered,
    Oracle,
    Row,
    Texts,
    descendants,
    models,
)
from strategies.process import Built, KilledError
from strategies.warehouse import Warehouse

FIRST_DAY = dt.datetime(2026, 1, 1)
DAYS = 12
SCHEMAS = {"int": "intermediate", "fct": "marts", "dim": "marts", "labels": "seeds"}
CONTRACTS = (
    Contract(),
    Contract(minimum=5),
    Contract(lookback_days=1),
    Contract(minimum=1, lookback_days=6),
    Contract(extra="varchar"),
    Contract(minimum=4, extra="bigint"),
    # As the first, the second and the last but one, with one more optional field.
    Contract(note=", note"),
    Contract(minimum=5, note=", note"),
    Contract(extra="varchar", note=", note"),
)


def relation(model: str) -> str:
    """schema.name of a model of the fixture."""
    return f"{SCHEMAS.get(model.split('_')[0], 'staging')}.{model}"


@dataclass
class Simulation:
    """A warehouse and its oracle, moved together; `history` says how it came to be so."""

    warehouse: Warehouse
    random: random.Random
    history: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.oracle = Oracle(Texts({event: Contract() for event in EVENTS}))
        self.warehouse.write(self.oracle.texts)
        self.load_id = 0
        self._files = 0

    def copy(self, root: Path) -> Simulation:
        """The same warehouse, with the same past, in another folder."""
        other = Simulation(self.warehouse.copy(root), random.Random(0), [*self.history])
        other.oracle = copy.deepcopy(self.oracle)
        other.load_id = self.load_id
        return other

    # Things that happen ------------------------------------------------------------------

    def deliver(self, event: str, records: Iterable[Delivered]) -> None:
        listed = list(records)
        self.oracle.deliver(event, listed)
        self.warehouse.deliver(event, listed)
        self.history.append(f"deliver {len(listed)} {event}")

    def deliver_anything(self) -> None:
        """One load of some files of either event type, of any hours in any order, frozen ones
        too, with ids that were seen before and ids that were not."""
        self.load_id += 1
        for event in EVENTS:
            records = []
            for _ in range(self.random.randrange(1, 3)):
                self._files += 1
                # A file's id is a hash: its order has nothing to do with its arrival.
                file_id = self.random.randrange(10**6) * 1000 + self._files
                size = self.random.choice((1, 4, 12, 25))
                noted = self.random.choice((0, 0, 0, 0.1, 1))
                records += [self._record(file_id, line, noted) for line in range(1, size + 1)]
            self.deliver(event, records)

    def _record(self, file_id: int, line: int, noted: float) -> Delivered:
        # Few hours, times on the quarter: ties and whole look-backs must be common.
        hour = self.random.choice((0, 6, 7, 23))
        minutes = 24 * 60 * self.random.randrange(DAYS) + 60 * hour
        received = FIRST_DAY + dt.timedelta(minutes=minutes + 15 * self.random.randrange(4))
        late = dt.timedelta(hours=self.random.choice((0, 0, 1, 30, 50)))
        return Delivered(
            received_at=received,
            file_id=file_id,
            line=line,
            load_id=self.load_id,
            event_id=f"e{self.random.randrange(60)}",
            occurred_at=None if self.random.random() < 0.03 else received - late,
            user_id=None if self.random.random() < 0.05 else f"u{self.random.randrange(6)}",
            v=self.random.randrange(9),
            extra=self.random.choice(("x", "1", "2")),
            note="n" if self.random.random() < noted else None,
            major=self.random.choice((1, 1, 1, 2, 2, 2, 3)),
        )

    def expire(self, event: str, days: int) -> None:
        """Raw loses what it got on the first `days` days."""
        before = FIRST_DAY + days * DAY
        self.oracle.expire(event, before)
        self.warehouse.execute(f"delete from raw.{event} where received_at < ?", before)
        self.history.append(f"expire {days} days of {event}")

    def restore(self, event: str) -> None:
        """The rows that raw lost are put back, as from a copy."""
        lost = self.oracle.expired.pop(event, [])
        if lost:
            self.deliver(event, lost)

    def write(self, texts: Texts) -> None:
        self.oracle.texts = texts
        self.warehouse.write(texts)
        self.history.append(f"write {texts}")

    def mend(self, event: str, contract: Contract) -> None:
        contracts = {**self.oracle.texts.contracts, event: contract}
        self.write(replace(self.oracle.texts, contracts=contracts))

    def edit_anything(self) -> None:
        """Another constant in some model's SQL, or another seed."""
        labels = tuple((f"u{n}", self.random.choice("ab")) for n in range(2))
        change = self.random.choice(
            (
                {"skipped": self.random.randrange(9)},
                {"least": self.random.randrange(6)},
                {"most": self.random.randrange(4, 9)},
                {"threshold": self.random.randrange(6)},
                {"days": self.random.randrange(1, 6)},
                {"labels": labels},
            )
        )
        self.write(replace(self.oracle.texts, **change))

    # Builds ------------------------------------------------------------------------------

    def build(
        self,
        *,
        exclude: Collection[str] = (),
        failing: Collection[str] = (),
        full_refresh: bool = False,
        kill_at: int | None = None,
    ) -> Built | None:
        """`dbt build`, and the comparison of everything with the oracle; None when killed."""
        self.history.append(
            f"build exclude={sorted(exclude)} failing={sorted(failing)}"
            f" full_refresh={full_refresh} kill_at={kill_at}"
        )
        before = self.warehouse.marks()
        args = ["--no-use-colors", "build"]
        args += ["--full-refresh"] if full_refresh else []
        args += ["--exclude", *sorted(exclude)] if exclude else []
        self._tell_to_fail(failing)
        done = None
        try:
            done = self.warehouse.dbt(*args, kill_at=kill_at)
        except KilledError:
            self.history.append("killed")
        self._tell_to_fail(())
        after = self.warehouse.marks()
        built = {name for name, at in after.items() if before.get(name) != at}
        if done:
            lost = descendants(failing) if failing else set()
            expected = set(models(self.oracle.texts)) - set(exclude) - (lost - set(exclude))
            self._equal("models built", expected, built, done.output)
            self._equal("success", not (set(failing) - set(exclude)), done.success, done.output)
        self.oracle.build(built, full_refresh=full_refresh)
        self.compare()
        return done

    def build_twice(self) -> None:
        """A build of everything, and that the next one finds nothing to do."""
        self.build()
        before = self._logged()
        # A table, and what is over it, is built whole by a bare `dbt build`.
        self.build(exclude=["dim_users", "fct_user_days"])
        self._equal("log of a build with nothing new", before, self._logged())

    def _tell_to_fail(self, failing: Collection[str]) -> None:
        with self.warehouse.connect() as connection:
            connection.execute("delete from control.failing")
            for model in failing:
                connection.execute("insert into control.failing values (?)", [model])

    def _logged(self) -> Counter[Row]:
        with self.warehouse.connect() as connection:
            return Counter(connection.execute("select * from ops.changed_dates").fetchall())

    # The comparison ----------------------------------------------------------------------

    def compare(self) -> None:
        """Every table, mark and plan against the oracle."""
        self.compare_rows()
        with self.warehouse.connect() as connection:
            self._compare_log(connection)
            self._compare_marks(connection)
            self._compare_plan(connection)

    def compare_rows(self) -> None:
        """Every table against the oracle."""
        with self.warehouse.connect() as connection:
            for name in models(self.oracle.texts):
                if name in self.oracle.built_text:
                    self._same_rows(name, self.oracle.rows(name), self._select(name), connection)
            self._same_rows(
                "ops.hours",
                self.oracle.hours(),
                "select event_type, hour, row_count, invalid, duplicates, first_received_at,"
                " last_received_at, last_load_id, files from ops.hours",
                connection,
            )
            self._same_rows(
                "ops.violations",
                self.oracle.violations(),
                "select event_type, hour, violation, row_count from ops.violations",
                connection,
            )

    def _select(self, name: str) -> str:
        if not name.startswith("base_"):
            return f"select * from {relation(name)}"
        extra = "extra, " if name[5:] in self.oracle.extra else ""
        extra += "note, " if name[5:] in self.oracle.noted else ""
        return (
            f"select event_id, occurred_at, received_at, user_id, v, {extra}unknown_fields,"
            " violations, is_valid,"
            " is_first_valid_copy, _file_id, _line, _load_id, _hour, _contract_hash, _major"
            f" from {relation(name)}"
        )

    def _same_rows(
        self, name: str, expected: Iterable[Row], sql: str, connection: duckdb.DuckDBPyConnection
    ) -> None:
        found = Counter(self.warehouse.rows(connection, sql))
        wanted = Counter(expected)
        self._equal(name, {"missing": Counter()}, {"missing": wanted - found})
        self._equal(name, {"too much": Counter()}, {"too much": found - wanted})

    def _compare_log(self, connection: duckdb.DuckDBPyConnection) -> None:
        found: dict[str, dict[int, set[dt.date | None]]] = {}
        for model, date, seq in connection.execute(
            "select model, changed_date, seq from ops.changed_dates"
        ).fetchall():
            found.setdefault(model, {}).setdefault(seq, set()).add(date)
        wanted: dict[str, dict[int, set[dt.date | None]]] = {
            model: {
                seq: {None} if dates is None else {*dates}
                for seq, dates in enumerate(entries, start=1)
            }
            for model, entries in self.oracle.log.items()
        }
        for model in models(self.oracle.texts):
            self._equal(f"dates logged by {model}", wanted.get(model), found.get(model))

    def _compare_marks(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What each model says it was built from; Python and Jinja hash code alike."""
        known = self.warehouse.graph()
        marks = connection.execute(
            "select model, upstream, seq, code from ops.built order by model desc"
        ).fetchall()
        consumed: dict[str, dict[str, int]] = {model: {} for model, _, _, _ in marks}
        for model, upstream, seq, code in marks:
            if upstream:
                consumed[model][upstream] = seq
            is_current = code == known.code(known.by_name[model])
            self._equal(f"code of {model}", self.oracle.is_current(model), is_current)
        self._equal("marks", self.oracle.consumed, consumed)

    def _compare_plan(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What `headwater run` would build next, and with which dates."""
        known = self.warehouse.graph()
        if set(models(self.oracle.texts)) - set(self.oracle.built_text):
            return  # a first build was cut short
        planned = {each.name: each for each in self.warehouse.plan(known, connection).pending}
        pending: set[str] = set()
        for name, model in models(self.oracle.texts).items():
            waits = model.kind in ("table", "dates") and bool(pending & set(model.upstreams))
            if waits or self.oracle.is_pending(name):
                pending.add(name)
                dates = None if waits or model.kind != "dates" else self.oracle.restated(name)
                each = planned.get(name)
                is_told = each is not None and each.dates is not None
                found = (each.restated.days, each.since) if each and is_told else None
                if model.kind != "table":
                    self._equal(f"plan of {name}", dates, found)
        self._equal("plan", pending, set(planned))

    def _equal(self, what: str, expected: object, found: object, context: str = "") -> None:
        if expected != found:
            story = "\n  ".join(self.history)
            raise AssertionError(
                f"{what}: expected {expected}\n  found {found}\n{context}\nafter:\n  {story}"
            )

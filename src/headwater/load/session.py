"""One load at work: batch by batch, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from headwater import clock
from headwater.contracts.model import EventContract
from headwater.errors import HeadwaterError
from headwater.literals import literal
from headwater.load.batches import Delivery, batches
from headwater.load.check import Checker
from headwater.load.files import (
    DataFile,
    FileFaultError,
    StillWrittenError,
    hour_in_path,
    sha256,
)
from headwater.load.ledger import Entry, Ledger, Routed, file_id, table_of, table_of_routed
from headwater.load.manifest import Manifest, read_manifest
from headwater.load.progress import Progress
from headwater.load.received import of_one_type
from headwater.load.result import FileResult
from headwater.load.routes import MIXED, Routes
from headwater.load.target import Target
from headwater.load.write import PoisonedError, Refused, write_batch

_HASHERS = 4
_NO_ROOM = (OSError, duckdb.IOException)


class Session:
    """One load: what it has done, and what it does next."""

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        contracts: dict[str, EventContract],
        routes: Routes,
        progress: Progress,
        macros_dir: Path,
        load_id: int,
    ) -> None:
        self._macros = macros_dir
        self._target = target
        self._ledger = ledger
        self._contracts = contracts
        self._routes = routes
        self._progress = progress
        self._clock: datetime = clock.now()
        self._checkers: dict[str, Checker] = {}
        self._entries: list[Entry] = []
        self._seen: list[Delivery] = []
        self._faults: dict[tuple[str, str, str], FileFaultError] = {}
        self._load_id = load_id
        self.results: list[FileResult] = []

    def run(self, files: Sequence[DataFile]) -> None:
        self._progress.begin(len(files), sum(file.size for file in files))
        try:
            with self._target.prepared(), ThreadPoolExecutor(_HASHERS) as pool:
                for batch in batches(files, self._target.batch_bytes, self._target.batch_files):
                    self._batch(batch[0].event, batch, pool)
        finally:
            self._progress.end()
            for checker in self._checkers.values():
                checker.close()

    def _batch(self, event: str, files: Sequence[DataFile], pool: ThreadPoolExecutor) -> None:
        """Loads files of one folder; those with the same bytes one after the other."""
        while files:
            files = self._round(event, files, pool)
            self._record()

    def _round(
        self, event: str, files: Sequence[DataFile], pool: ThreadPoolExecutor
    ) -> list[DataFile]:
        """Loads the first file of each content; what is left may need another round."""
        deliveries: list[Delivery] = []
        for looked in pool.map(_look, files):
            if isinstance(looked, Refused):
                self._refuse(looked)
            else:
                deliveries.append(looked)
        hashes = [each.file_hash for each in deliveries]
        known = self._ledger.loaded_as(event, hashes)
        again = self._ledger.recorded(event, [each.file.path for each in deliveries], hashes)
        fresh: dict[str, Delivery] = {}
        twins: list[Delivery] = []
        for each in deliveries:
            if each.file.path in again:
                self._seen.append(each)
            elif each.file_hash in known or each.file_hash in fresh:
                twins.append(each)
            else:
                fresh[each.file_hash] = each
        self._write(event, list(fresh.values()))
        known = self._ledger.loaded_as(event, [each.file_hash for each in twins])
        left: list[DataFile] = []
        for each in twins:
            fault = self._faults.get((each.file_hash, each.file.format, each.file.compression))
            if each.file_hash in known:
                self._duplicate(each, known[each.file_hash])
            elif fault is not None:
                self._refuse(Refused(each.file, each.file_hash, fault))
            else:
                left.append(each.file)
        return left

    def _write(self, event: str, deliveries: list[Delivery]) -> None:
        """Writes a batch in one transaction; a file that spoils it is taken out."""
        while deliveries:
            checker = self._checker(event)
            self._target.begin(event, self._load_id)
            try:
                outcome = write_batch(
                    self._target,
                    checker,
                    deliveries,
                    self._clock,
                    self._progress,
                    is_routed=event not in self._contracts,
                )
                entries = table_of([self._loaded(each, result) for each, result in outcome.written])
                routed = [row for written in outcome.written for row in self._routed(*written)]
                self._target.commit(entries, table_of_routed(routed))
            except PoisonedError as poisoned:
                self._target.rollback()
                self._refuse(poisoned.refused)
                deliveries = [each for each in deliveries if each.file != poisoned.refused.file]
                continue
            except _NO_ROOM as error:
                self._target.rollback()
                raise HeadwaterError(
                    f"the load stopped: {_first(error)}",
                    "what was committed stays; load again when there is room",
                ) from error
            except HeadwaterError:
                self._target.rollback()
                raise
            except Exception as error:
                self._target.rollback()
                if _is_memory(error) and self._target.has_more_memory():
                    continue
                self._apart(event, deliveries, error)
                return
            except BaseException:
                self._target.rollback()
                raise
            self._ledger.add(entries)
            self.results.extend(result for _, result in outcome.written)
            for refused in outcome.refused:
                self._refuse(refused)
            return

    def _apart(self, event: str, deliveries: list[Delivery], error: Exception) -> None:
        """Finds the file that made a batch fail, by halves, so that the others load."""
        if len(deliveries) == 1:
            # The type only: a message of the engine may quote what it choked on.
            cause = FileFaultError(
                f"could not be loaded ({type(error).__name__})", by_content=False
            )
            self._refuse(Refused(deliveries[0].file, deliveries[0].file_hash, cause))
            return
        middle = len(deliveries) // 2
        self._write(event, deliveries[:middle])
        self._write(event, deliveries[middle:])

    def _checker(self, event: str) -> Checker:
        if event not in self._checkers:
            for checker in self._checkers.values():
                checker.close()
            self._checkers = {event: Checker(self._question(event), self._clock)}
        return self._checkers[event]

    def _question(self, event: str) -> str:
        contract = self._contracts.get(event)
        if contract is not None:
            return of_one_type(self._macros, contract.envelope)
        is_mixed = "true" if event == MIXED else "false"
        kept = ["position", "is_json"]
        return self._routes.sql(
            self._macros, "duckdb", "records", kept, is_mixed=is_mixed, event=literal(event)
        )

    def _loaded(self, delivery: Delivery, result: FileResult) -> Entry:
        return Entry(
            **self._common(delivery.file, delivery.file_hash, delivery.manifest),
            status="loaded",
            reason=None,
            duplicate_of=None,
            records=result.records,
            loaded=result.loaded,
            unparsed=result.unparsed,
        )

    def _routed(self, delivery: Delivery, result: FileResult) -> list[Routed]:
        """What the books say of the types in a file, where its folder does not."""
        if result.event in self._contracts:
            return []
        return [
            Routed(
                each.event,
                each.is_declared,
                result.path,
                delivery.file_id,
                each.rows,
                self._load_id,
                self._clock,
            )
            for each in result.types
        ]

    def _duplicate(self, delivery: Delivery, first: str) -> None:
        file = delivery.file
        self._entries.append(
            replace(
                self._unwritten(file, delivery.file_hash, "duplicate", delivery.manifest),
                duplicate_of=first,
            )
        )
        self.results.append(
            FileResult(file.event, file.path, "duplicate", file.size, duplicate_of=first)
        )

    def _refuse(self, refused: Refused) -> None:
        file, cause = refused.file, refused.cause
        if isinstance(cause, StillWrittenError):
            self.results.append(FileResult(file.event, file.path, "waits", file.size))
            return
        file_hash = refused.file_hash if cause.by_content else None
        if file_hash is not None and not cause.by_manifest:
            self._faults[file_hash, file.format, file.compression] = cause
        self._entries.append(
            replace(
                self._unwritten(file, file_hash, "set_aside", _said_of(file)), reason=cause.reason
            )
        )
        self.results.append(
            FileResult(file.event, file.path, "set_aside", file.size, reason=cause.reason)
        )

    def _unwritten(
        self, file: DataFile, file_hash: str | None, status: str, manifest: Manifest
    ) -> Entry:
        return Entry(
            **self._common(file, file_hash, manifest),
            status=status,
            reason=None,
            duplicate_of=None,
            records=None,
            loaded=None,
            unparsed=None,
        )

    def _common(self, file: DataFile, file_hash: str | None, manifest: Manifest) -> dict[str, Any]:
        hour = hour_in_path(file.path) or manifest.hour or self._clock
        return {
            "file_hash": file_hash,
            "file_id": None if file_hash is None else file_id(file_hash, file.event),
            "event_type": file.event,
            "path": file.path,
            "size_bytes": file.size,
            "modified_ns": file.modified_ns,
            "format": file.format,
            "expected_records": manifest.count,
            "load_id": self._load_id,
            "loaded_at": self._clock,
            "hour": hour.replace(minute=0, second=0, microsecond=0),
        }

    def _record(self) -> None:
        """Commits what the ledger should know of files that brought no rows."""
        if self._seen:
            self._target.renew([(each.file, each.manifest.count) for each in self._seen])
            self._seen = []
        if self._entries:
            entries = table_of(self._entries)
            self._target.record(entries)
            self._ledger.add(entries)
            self._entries = []


def _look(file: DataFile) -> Delivery | Refused:
    """Hashes a file and reads its manifest."""
    file_hash = None
    try:
        file_hash = sha256(file)
        manifest = read_manifest(file.manifest) if file.manifest else Manifest()
        delivery = Delivery(file, file_hash, manifest)
        delivery.check_manifest()
    except (FileFaultError, StillWrittenError) as cause:
        return Refused(file, file_hash, cause)
    return delivery


def _said_of(file: DataFile) -> Manifest:
    """What the manifest of a file that is set aside promises of its event type."""
    try:
        said = read_manifest(file.manifest) if file.manifest else Manifest()
    except FileFaultError:
        return Manifest()
    return said if said.event in (None, file.event) else Manifest()


def _is_memory(error: Exception) -> bool:
    """At commit DuckDB calls it a failed transaction."""
    return isinstance(error, (MemoryError, duckdb.OutOfMemoryException)) or (
        isinstance(error, duckdb.TransactionException) and "memory_limit" in str(error)
    )


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""Cuts the files to load into batches that share a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from headwater.load.check import Arrival
from headwater.load.files import DataFile, FileFaultError, hour_in_path
from headwater.load.ledger import file_id
from headwater.load.manifest import Manifest


@dataclass(frozen=True)
class Delivery:
    """A file whose bytes are known: its hash, and what its manifest says."""

    file: DataFile
    file_hash: str
    manifest: Manifest

    @property
    def file_id(self) -> int:
        return file_id(self.file_hash, self.file.event)

    def arrival(self, clock: datetime) -> Arrival:
        """How its rows name it. Received: the hour in the path, the manifest's, or now."""
        hour = hour_in_path(self.file.path) or self.manifest.hour
        return Arrival(self.file.path, self.file_id, self.file.format, hour or clock)

    def check_manifest(self) -> None:
        """Raises FileFaultError when the manifest was made for other bytes or another type."""
        said = self.manifest
        if said.sha256 is not None and said.sha256 != self.file_hash:
            raise FileFaultError("its manifest's sha256 is not that of its bytes")
        if said.event is not None and said.event != self.file.event:
            raise FileFaultError(f"its manifest says it holds {said.event!r} events")


def batches(files: Sequence[DataFile], max_bytes: int, max_files: int) -> Iterator[list[DataFile]]:
    """Files of one event type each, up to `max_bytes`; a larger file by itself."""
    batch: list[DataFile] = []
    size = 0
    for file in sorted(files, key=lambda each: (each.event, each.path)):
        full = size + file.size > max_bytes or len(batch) == max_files
        if batch and (full or file.event != batch[0].event):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch

"""Starts bqemulator without the DuckDB extensions that it would download.

They serve geography and Avro, which Headwater has none of. Ends with the process that
started it, whatever becomes of that.
"""

from __future__ import annotations

import os
import threading
import time

from bqemulator.cli import main
from bqemulator.storage.engine import DuckDBEngine


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    DuckDBEngine._load_spatial = lambda self: None
    os.environ["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    main()

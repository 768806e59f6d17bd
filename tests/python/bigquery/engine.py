"""ZetaSQL's WASM module, compiled once per machine and called with protobuf messages.

The `zetasql` package brings the module and the messages; its own client compiles the
module anew in each process (10 s) and copies bytes one by one, so neither is used.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import re
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import tzdata  # type: ignore[import-untyped]
import wasmtime
from google.protobuf.message import Message
from zetasql.wasi import get_wasm_path

Response = TypeVar("Response", bound=Message)
ERROR = re.compile(
    r"Code: (?P<code>\d+), Message: (?P<message>.*?)(?: \[at (?P<line>\d+):(?P<column>\d+)\])?",
    re.DOTALL,
)


class SqlError(Exception):
    """What ZetaSQL says against a statement. `line` and `column` count from 1; 0 = unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{line}:{column}: {message}" if line else message)
        self.message = message
        self.line = line
        self.column = column


def _cache_file() -> Path:
    versions = "-".join(
        f"{name}-{importlib.metadata.version(name)}" for name in ("zetasql", "wasmtime")
    )
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "headwater" / f"{versions}.bin"


def _module(engine: wasmtime.Engine) -> wasmtime.Module:
    """The compiled module: from the cache (0.01 s), or compiled and cached (10 s)."""
    path = _cache_file()
    if path.is_file():
        try:
            return wasmtime.Module.deserialize_file(engine, str(path))
        except wasmtime.WasmtimeError:
            path.unlink(missing_ok=True)  # made by another build of wasmtime
    module = wasmtime.Module.from_file(engine, str(get_wasm_path()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(module.serialize())
        Path(file.name).replace(path)
    except OSError:
        pass  # a read-only home: slower next time, nothing else
    return module


class Instance:
    """One instance of the module, with a memory of its own."""

    def __init__(self) -> None:
        config = wasmtime.Config()
        config.shared_memory = True
        engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        zones = Path(tzdata.__file__).parent / "zoneinfo"
        wasi.preopen_dir(str(zones), "/usr/share/zoneinfo")
        self._store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        exports: Any = linker.instantiate(self._store, _module(engine)).exports(self._store)
        self._exports = exports
        self._lock = threading.Lock()  # the module keeps its stack in its memory
        exports["_initialize"](self._store)

    def _run(self, function: str, *arguments: int) -> int:
        return int(self._exports[function](self._store, *arguments) or 0)

    def _address(self, pointer: int) -> int:
        # The memory may move when it grows: never keep an address across a call.
        start = self._exports["memory"].data_ptr().contents
        return int(ctypes.addressof(start)) + pointer

    def _read(self, pointer: int, size: int) -> bytes:
        return ctypes.string_at(self._address(pointer), size)

    def call(self, method: str, request: Message, response: type[Response]) -> Response:
        """The response of ZetaSqlLocalService.<method>. Raises SqlError."""
        with self._lock:
            return self._call(method, request, response)

    def _call(self, method: str, request: Message, response: type[Response]) -> Response:
        data = request.SerializeToString()
        request_at = self._run("wasm_malloc", max(len(data), 1))
        size_at = self._run("wasm_malloc", 4)
        try:
            ctypes.memmove(self._address(request_at), data, len(data))
            response_at = self._run(f"ZetaSqlLocalService_{method}", request_at, len(data), size_at)
            if not response_at:
                raise self._error()
            size = int.from_bytes(self._read(size_at, 4), "little")
            answer: Response = response()
            answer.ParseFromString(self._read(response_at, size))
            self._run("wasm_free", response_at)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as problem:
            instance.cache_clear()  # its memory is in no known state any more
            raise SqlError(f"ZetaSQL stopped: {str(problem).splitlines()[-1]}") from problem
        self._run("wasm_free", request_at)
        self._run("wasm_free", size_at)
        return answer

    def _error(self) -> SqlError:
        size = self._run("wasm_get_last_error_size")
        text = self._read(self._run("wasm_get_last_error"), size).decode("utf-8", "replace")
        found = ERROR.fullmatch(text)
        if not found:
            return SqlError(text)
        return SqlError(found["message"], int(found["line"] or 0), int(found["column"] or 0))


@cache
def instance() -> Instance:
    """The instance of this process."""
    return Instance()

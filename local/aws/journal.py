"""One SQLite file that keeps what the emulated services hold."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
_PRAGMAS = (
    "auto_vacuum = incremental",
    # One process owns the file. A server that is still going down makes the next one wait instead of sharing state.
    "locking_mode = exclusive",
    "journal_mode = wal",
    # What was committed survives the end of the process, however it comes. A power cut may cost the last moments.
    "synchronous = normal",
    "journal_size_limit = 67108864",
)


class Journal:
    """Statements from any thread, one transaction at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=15.0, check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"pragma {pragma}")

    def define(self, schema: str) -> None:
        """Runs `create ... if not exists` statements."""
        with self._lock:
            self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is kept together, or not at all. Not to be nested."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """One statement, committed when this returns; how many rows it touched."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def each(self, statement: str, values: Sequence[object] = ()) -> Generator[Row]:
        """Rows one by one; nobody else gets at the journal until this iterator is exhausted or closed."""
        with self._lock:
            yield from self._connection.execute(statement, values)

    def value(self, statement: str, values: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None."""
        with self._lock:
            row = self._connection.execute(statement, values).fetchone()
        return row[0] if row else None

    def shrink(self) -> None:
        """Gives freed pages back to the file system."""
        with self._lock:
            self._connection.execute("pragma incremental_vacuum").fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

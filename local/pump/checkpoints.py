"""How far each mapping has come in each shard, in a file that survives everything but its deletion."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path


class Checkpoints:
    """To be used from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute(
            "create table if not exists checkpoints ("
            "mapping text not null, shard text not null, sequence text not null, primary key (mapping, shard))"
        )

    def get(self, mapping: str, shard: str) -> str | None:
        """The sequence number of the last record that was dealt with."""
        select = "select sequence from checkpoints where mapping = ? and shard = ?"
        with self._lock:
            row = self._connection.execute(select, (mapping, shard)).fetchone()
        return str(row[0]) if row else None

    def put(self, mapping: str, shard: str, sequence: str) -> None:
        with self._lock:
            self._connection.execute("insert or replace into checkpoints values (?, ?, ?)", (mapping, shard, sequence))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

"""PostgreSQL for the adapters that use it: a pool whose errors are ours, and SQL kept in .sql files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from video_pipeline.errors import BadInput, Unavailable

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]
_NAME = re.compile(r"^-- ([a-z_]+): .+$", re.MULTILINE)


class Queries(Mapping[str, LiteralString]):
    """The statements of a .sql file. Each begins with a line `-- name: what it does`."""

    def __init__(self, path: Path) -> None:
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        # Our own files are the only source of statements; nothing is ever formatted into them.
        self._statements = {
            name: cast("LiteralString", body.strip()) for name, body in zip(parts[1::2], parts[2::2], strict=True)
        }

    def __getitem__(self, name: str) -> LiteralString:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


class Database:
    """A pool of connections; rows are dictionaries. Raises `Unavailable("database_unavailable")`, and
    `BadInput("text_unstorable")` for NUL characters and the like."""

    def __init__(self, url: str, *, size: int = 4, wait: float = 30.0) -> None:
        # An idle pool holds no connection, so that a serverless database can pause.
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row, "autocommit": False},
            min_size=0,
            max_size=size,
            timeout=wait,
            max_idle=60.0,
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._pool.open()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work commits at the end, or rolls back when anything is raised."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
            raise BadInput("text_unstorable", "Something in it is too long or can't be stored.") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise Unavailable(
                "database_unavailable", "The database does not answer.", hint="It is tried again.", cause=str(error)
            ) from error

    def close(self) -> None:
        self._pool.close()

"""PostgreSQL for the adapters that use it: a pool whose errors are ours, and SQL kept in .sql files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, Protocol, Self, cast

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from video_pipeline.errors import BadInput, Unavailable

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]
logger = logging.getLogger(__name__)
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


class Address(Protocol):
    """Where the database is and who asks, as libpq reads it: a URL or key words.

    It is asked for every new connection, because passwords change; it may keep what it knows for a while, unless the
    answer has to be `fresh`.
    """

    def __call__(self, *, fresh: bool = False) -> str: ...


def fixed(url: str) -> Address:
    """An address that never changes."""

    def address(*, fresh: bool = False) -> str:  # noqa: ARG001 # it is as fresh as it can be
        return url

    return address


def _renewing(address: Address) -> type[Connection]:
    """Connections that ask for the address anew, once, if the server did not take the password."""

    class Renewing(psycopg.Connection[DictRow]):
        @classmethod
        def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
            try:
                return super().connect(conninfo, **kwargs)
            except psycopg.OperationalError as error:
                # Told by what was exchanged; what the server says may be in any language.
                if error.pgconn is None or not error.pgconn.used_password:
                    raise
                current = address(fresh=True)
                if current == conninfo:
                    raise
            logger.info("the password of the database has changed")
            return super().connect(current, **kwargs)

    return Renewing


class Database:
    """A pool of connections; rows are dictionaries. Raises `Unavailable("database_unavailable")`, and
    `BadInput("text_unstorable")` for NUL characters and the like."""

    def __init__(self, address: str | Address, *, size: int = 4, wait: float = 30.0) -> None:
        where = fixed(address) if isinstance(address, str) else address
        # An idle pool holds no connection, so that a serverless database can pause.
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            where,
            connection_class=_renewing(where),
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

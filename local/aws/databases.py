"""The emulated RDS has no SQL: each cluster gets a database of its own in the embedded PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from local.aws import moto_patches
from local.aws.gate import Environ, StartResponse
from local.aws.patching import replace

PATH: Final = "/_emulator/databases/"


class Databases:
    """`server`: the URL of a PostgreSQL server in which databases may be made."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._made: set[str] = set()
        self._making = threading.Lock()

    def url(self, host: str) -> str:
        """That of the cluster at `host`; the database is made when it is first asked for."""
        name = _name(host)
        with self._making:
            if name not in self._made:
                self._execute("create database {}", name, unless=self._known(name))
                self._made.add(name)
        return make_conninfo(self._server, dbname=name)

    def find(self, host: str) -> str | None:
        """The same, if anybody has asked for it."""
        return make_conninfo(self._server, dbname=_name(host)) if self._known(_name(host)) else None

    def drop(self, cluster: str) -> None:
        """With its cluster, whoever still uses it."""
        with self._making:
            self._made.discard(_name(cluster))
            self._execute("drop database if exists {} with (force)", _name(cluster))

    def _known(self, name: str) -> bool:
        with psycopg.connect(self._server) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        return found is not None

    def _execute(self, statement: Any, name: str, *, unless: bool = False) -> None:
        if unless:
            return
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _name(host: str) -> str:
    """Of the cluster's identifier, which is the first part of its host's name."""
    return host.partition(".")[0].replace("-", "_")


def install(databases: Databases) -> None:
    """A cluster that is deleted takes its database with it."""

    def patch() -> None:
        from moto.rds.models import DBCluster, RDSBackend

        delete = RDSBackend.delete_db_cluster

        @replace(RDSBackend, "delete_db_cluster")
        def delete_db_cluster(self: RDSBackend, cluster_identifier: str, snapshot_name: str | None = None) -> DBCluster:
            deleted = delete(self, cluster_identifier, snapshot_name)
            databases.drop(cluster_identifier)
            return deleted

    moto_patches.register("rds", patch)


class Desk:
    """Tells which database stands for a cluster: `GET /_emulator/databases/{host}` answers `{"url": …}`, or 404."""

    def __init__(self, databases: Databases | None) -> None:
        self._databases = databases

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        url, reason = self._find(path.removeprefix(PATH)) if path.startswith(PATH) else (None, "Nothing is here.")
        status = "404 Not Found" if url is None else "200 OK"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps({"message": reason} if url is None else {"url": url}).encode()]

    def _find(self, host: str) -> tuple[str | None, str]:
        if self._databases is None:
            return None, "Here no database stands for RDS: it does so where Terraform makes the resources."
        return self._databases.find(host), f"No deployed function has asked for the database of {host} yet."

"""The emulated AWS as one process: moto's services behind the gate, durable, with the resources of the topology."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from flask import Flask
from moto.backends import SERVICE_NAMES
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import BaseWSGIServer, make_server

from local.aws import durable_kinesis, durable_s3, durable_ses, durable_sqs, moto_patches
from local.aws.bodies import BodyStore
from local.aws.databases import Databases, Desk
from local.aws.gate import Gate
from local.aws.journal import Journal
from local.resources import ACCOUNT

log = logging.getLogger(__name__)
TRIM_EVERY = 60.0


class Emulator:
    """Keeps its state in `folder`. One per process, since moto's backends are global."""

    def __init__(self, folder: Path, origins: Collection[str], databases: Databases | None = None) -> None:
        self._journal = Journal(folder / "journal.sqlite3")
        bodies = BodyStore(folder / "objects")
        self._objects = durable_s3.install(self._journal, bodies)
        self._records = durable_kinesis.install(self._journal)
        self._messages = durable_sqs.install(self._journal)
        desk = durable_ses.MailDesk(durable_ses.install(self._journal), Desk(databases))
        self._application = Gate(DomainDispatcherApplication(_service), bodies, origins, desk)
        orphans = bodies.sweep(self._objects.files())
        log.info("state opened", extra={"folder": str(folder), "orphaned_files_removed": orphans})

    def begin(self, boot: str) -> None:
        """Names the run of the whole system that this is a part of; a new run's processes hold no messages yet."""
        self._messages.begin(boot)

    def prepare(self, create: Callable[[str], None]) -> None:
        """Makes the buckets that were there, then lets `create` make resources through a private endpoint."""
        backend = s3_backends[ACCOUNT]["aws"]
        for name, region in self._objects.buckets():
            backend.create_bucket(name, region)
        server = self._server(None)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            create(f"http://127.0.0.1:{server.port}")
        finally:
            server.shutdown()
            thread.join()

    def serve(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Answers until the process is told to stop."""
        server = self._server(listener.fileno())
        threading.Thread(target=self._trim, daemon=True).start()
        ready()
        try:
            server.serve_forever()
        finally:
            self._journal.close()

    def _server(self, fd: int | None) -> BaseWSGIServer:
        return make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=MotoRequestHandler, fd=fd)

    def _trim(self) -> None:
        while True:
            threading.Event().wait(TRIM_EVERY)
            self._records.trim()


def _service(name: SERVICE_NAMES) -> Flask:
    """moto's application of one service, made when it is first asked for: only then are patches worth their import."""
    moto_patches.apply(name)
    return create_backend_app(name)

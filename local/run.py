"""The whole system on one machine, as a context: inside, everything runs and answers."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from local.environment import variables
from local.places import Lock, Places
from local.process import Program
from local.supervisor import CannotStart, Supervisor, Surroundings
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, LOCAL_AWS_PORT, LOCAL_SUFFIX

# A system that was killed a moment ago may still be letting go of its port.
PORT_PATIENCE: Final = 3.0


@dataclass(frozen=True)
class Options:
    """Port 0 means a free one. `variables` are added to every process's environment; `sweep_seconds` shortens the
    sweeper's schedule; `origins` are web origins, besides the API's own, whose pages may use API and buckets."""

    data: Path = Path(".local")
    api_port: int = LOCAL_API_PORT
    aws_port: int = LOCAL_AWS_PORT
    region: str = DEFAULT_REGION
    suffix: str = LOCAL_SUFFIX
    sweep_seconds: float | None = None
    origins: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def _nothing(_: str) -> None:
    pass


class System:
    """`with System(Options(...)) as system:` starts it, waits until it is ready, and stops it. Raises `CannotStart`."""

    api_url: str
    aws_endpoint_url: str
    database_url: str
    new_api_key: str | None = None

    def __init__(
        self,
        options: Options,
        *,
        say: Callable[[str], None] = _nothing,
        show: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.options = options
        self.places = Places(options.data.expanduser().resolve())
        self._say = say
        self._show = show
        self._lock = Lock(self.places)
        self._sockets: list[socket.socket] = []
        self._supervisor: Supervisor | None = None

    @property
    def api_key(self) -> str:
        return self.places.api_key.read_text(encoding="utf-8").strip()

    def pid(self, name: str) -> int:
        """The process id of `postgres`, `aws`, `pump`, `worker` or `api`."""
        return self._running.pid(name)

    def wait(self) -> str | None:
        """Until `finish`; or the reason why the system can't go on."""
        return self._running.wait()

    def finish(self) -> None:
        """Ends `wait`; may be called by a signal handler."""
        if self._supervisor is not None:
            self._supervisor.finish()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """In order: what takes work in first, the database last."""
        if self._supervisor is not None:
            self.places.forget()
            self._supervisor.stop()
            self._supervisor = None
        for listener in self._sockets:
            listener.close()
        self._lock.release()

    # -------------------------------------------------------------------------------------------- start
    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the system is not running")
        return self._supervisor

    def _start(self) -> None:
        began = time.monotonic()
        self.places.prepare()
        self._lock.take()
        aws = self._listen(self.options.aws_port, "--aws-port")
        api = self._listen(self.options.api_port, "--api-port")
        self.aws_endpoint_url, self.api_url = _url(aws), _url(api)
        self._supervisor = Supervisor(self._surroundings())
        database, _ = self._supervisor.start(self._postgres(), self._aws(aws))
        self.database_url, self.new_api_key = database["url"], database["api_key"]
        self._say(f"Database and AWS answer after {time.monotonic() - began:.1f} s.")
        self._supervisor.start(self._worker(), self._pump(), self._api(api))
        self._describe()
        self._say(f"Ready after {time.monotonic() - began:.1f} s.")

    def _listen(self, port: int, flag: str) -> socket.socket:
        """A socket that the process which answers on it inherits, so that its restart loses no connection."""
        deadline = time.monotonic() + PORT_PATIENCE
        while True:
            try:
                listener = socket.create_server(("127.0.0.1", port), backlog=128)
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise CannotStart(
                    f"Port {port} can't be used ({os.strerror(error.errno or 0)}). Choose another one with {flag}."
                ) from error
            self._sockets.append(listener)
            return listener

    def _surroundings(self) -> Surroundings:
        own = variables(
            {**os.environ, **self.options.variables},
            region=self.options.region,
            suffix=self.options.suffix,
            aws_url=self.aws_endpoint_url,
            api_url=self.api_url,
        )
        if self.options.origins:
            own.setdefault("CORS_ORIGINS", json.dumps(list(self.options.origins)))
        return Surroundings(own, self.places.logs, self._show, self._say)

    def _describe(self) -> None:
        self.places.describe(
            {
                "api_url": self.api_url,
                "aws_endpoint_url": self.aws_endpoint_url,
                "region": self.options.region,
                "database_url": self.database_url,
                "suffix": self.options.suffix,
                "api_key_file": str(self.places.api_key),
                "pid": os.getpid(),
            }
        )

    # ----------------------------------------------------------------------------------------- programs
    def _postgres(self) -> Program:
        return Program("postgres", "local.postgres", ("--data", str(self.places.folder)), stop_seconds=30)

    def _aws(self, listener: socket.socket) -> Program:
        arguments = ["--data", str(self.places.folder), "--fd", str(listener.fileno()), "--boot", uuid4().hex]
        arguments += ["--region", self.options.region, "--suffix", self.options.suffix]
        for origin in (self.api_url, self.api_url.replace("127.0.0.1", "localhost"), *self.options.origins):
            arguments += ["--origin", origin]
        return Program("aws", "local.aws", tuple(arguments), (listener.fileno(),))

    def _worker(self) -> Program:
        return Program("worker", "containers.processor.main", reports=False, variables=self._database())

    def _pump(self) -> Program:
        arguments = ["--data", str(self.places.folder), "--endpoint", self.aws_endpoint_url]
        arguments += ["--region", self.options.region, "--suffix", self.options.suffix]
        if self.options.sweep_seconds is not None:
            arguments += ["--every", str(self.options.sweep_seconds)]
        return Program("pump", "local.pump", tuple(arguments), variables=self._database())

    def _api(self, listener: socket.socket) -> Program:
        number = listener.fileno()
        return Program("api", "local.api", ("--fd", str(number)), (number,), variables=self._database())

    def _database(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url}


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"

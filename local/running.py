"""What every way of running here has in common: a data folder of its own, sockets, processes, and their end."""

from __future__ import annotations

import errno
import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from local.places import Lock, Places
from local.supervisor import CannotStart, Supervisor, Surroundings

# A system that was killed a moment ago may still be letting go of its port.
PORT_PATIENCE: Final = 3.0


def nothing(_: str) -> None:
    pass


class Running(ABC):
    """A context: inside, everything runs and answers. Entering raises `CannotStart`."""

    def __init__(
        self,
        folder: Path,
        *,
        say: Callable[[str], None] = nothing,
        show: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.places = Places(folder.expanduser().resolve())
        self._say = say
        self._show = show
        self._lock = Lock(self.places)
        self._sockets: list[socket.socket] = []
        self._supervisor: Supervisor | None = None

    @abstractmethod
    def introduction(self) -> Sequence[str]:
        """What a person wants to know once it runs."""

    @abstractmethod
    def _start(self) -> None:
        """The folder is there and nobody else's."""

    def pid(self, name: str) -> int:
        """The process id of a program, such as `postgres`, `aws`, `pump`, `worker` or `api`."""
        return self._running.pid(name)

    def wait(self) -> str | None:
        """Until `finish`; or the reason why it can't go on."""
        return self._running.wait()

    def finish(self) -> None:
        """Ends `wait`; may be called by a signal handler."""
        if self._supervisor is not None:
            self._supervisor.finish()

    def __enter__(self) -> Self:
        began = time.monotonic()
        try:
            self.places.prepare()
            self._lock.take()
            self._start()
        except BaseException:
            self.stop()
            raise
        self._say(f"Ready after {time.monotonic() - began:.1f} s.")
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

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the system is not running")
        return self._supervisor

    def _supervise(self, variables: Mapping[str, str]) -> Supervisor:
        """Who starts programs, each with these environment variables."""
        self._supervisor = Supervisor(Surroundings(variables, self.places.logs, self._show, self._say))
        return self._supervisor

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


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"

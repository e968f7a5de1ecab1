"""Starting a process of our own: on a leash, with its log kept, in a session that Ctrl-C does not reach."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.child import READY_FD
from local.logfiles import follow


@dataclass(frozen=True)
class Program:
    """A Python module to run. `reports`: it says itself when it is ready; otherwise it is as soon as it runs."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    sockets: tuple[int, ...] = ()
    reports: bool = True
    stop_seconds: float = 10.0
    variables: Mapping[str, str] = field(default_factory=dict)


def spawn(arguments: Sequence[str], variables: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
    """This very Python, with `arguments`; all three standard streams are pipes."""
    return subprocess.Popen(  # noqa: S603  the arguments are our own module names and settings
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(variables),
        **options,
    )


class Process:
    """One run of a program."""

    def __init__(
        self, program: Program, variables: Mapping[str, str], log: Path, show: Callable[[bytes], None]
    ) -> None:
        self._program = program
        self._said: dict[str, Any] = {}
        self._spoken = threading.Event()
        reading, writing = os.pipe()
        self._process = spawn(
            ["-m", "local.child", program.module, *program.arguments],
            {**variables, **program.variables, READY_FD: str(writing)},
            pass_fds=(writing, *program.sockets),
            start_new_session=True,
        )
        os.close(writing)
        threading.Thread(target=self._listen, args=(reading,), daemon=True).start()
        for stream in (self._process.stderr, self._process.stdout):
            if stream is not None:
                follow(stream, log, show)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self, seconds: float) -> dict[str, Any]:
        """What it said when it was ready; `reason` why it can't be; empty when it ended, or hangs, without a word."""
        if not self._program.reports:
            return {"ready": True}
        self._spoken.wait(seconds)
        return self._said

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        code = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code

    def stop(self) -> None:
        """Asks, waits, and in the end kills, together with what the process has started itself."""
        self._process.terminate()
        try:
            self._process.wait(self._program.stop_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def _listen(self, fd: int) -> None:
        with os.fdopen(fd, encoding="utf-8") as pipe:
            if line := pipe.readline():
                self._said = json.loads(line)
        self._spoken.set()

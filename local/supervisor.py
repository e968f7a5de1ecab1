"""Starts programs in order, starts again what ends by itself, and stops everything in the opposite order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.process import Process, Program

# A run of this many seconds was a good one: what comes after it counts from the start.
GOOD_RUN: Final = 30.0
# Beyond this a program hangs; a small machine that starts everything for the first time needs half a minute.
READY_SECONDS: Final = 180.0
PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 4.0)


class CannotStart(Exception):
    """The system can't run; one line says why."""


@dataclass
class Restarts:
    """Decides when a program that ended is started again."""

    failures: int = 0

    def pause_after(self, seconds: float) -> float | None:
        """Seconds to wait after a run of `seconds`; None: it has ended at once too often."""
        self.failures = 0 if seconds >= GOOD_RUN else self.failures + 1
        return PAUSES[self.failures] if self.failures < len(PAUSES) else None


@dataclass(frozen=True)
class Surroundings:
    """What every process gets: its environment variables, where its log lies, and who is told what it says."""

    variables: Mapping[str, str]
    logs: Path
    show: Callable[[bytes], None]
    say: Callable[[str], None]


class Keeper:
    """Keeps one program running."""

    def __init__(self, program: Program, around: Surroundings, give_up: Callable[[str], None]) -> None:
        self.program = program
        self._around = around
        self._give_up = give_up
        self._restarts = Restarts()
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process = self._run()
        self._watcher = threading.Thread(target=self._watch, name=f"keeper {program.name}", daemon=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> Path:
        return self._around.logs / f"{self.program.name}.log"

    def start(self) -> dict[str, Any]:
        """Returns what the program said when it was ready. Raises `CannotStart`."""
        said = self._process.ready(READY_SECONDS)
        if not said.get("ready"):
            self.stop()
            raise CannotStart(said.get("reason") or f"The {self.program.name} did not start. Its log: {self.log}")
        self._watcher.start()
        return said

    def stop(self) -> None:
        self._stopping.set()
        with self._changing:
            self._process.stop()

    def _run_again(self) -> bool:
        with self._changing:
            if self._stopping.is_set():
                return False
            try:
                self._process = self._run()
            except OSError as error:
                self._give_up(f"The {self.program.name} can't be started: {error}.")
                return False
            return True

    def _run(self) -> Process:
        return Process(self.program, self._around.variables, self.log, self._around.show)

    def _watch(self) -> None:
        began = time.monotonic()
        while True:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            pause = self._restarts.pause_after(time.monotonic() - began)
            if pause is None:
                self._give_up(f"The {self.program.name} ends as soon as it is started. Its log: {self.log}")
                return
            self._around.say(f"The {self.program.name} ended ({ended(code)}) and is started again.")
            if self._stopping.wait(pause):
                return
            began = time.monotonic()
            if not self._run_again():
                return


def ended(code: int) -> str:
    return f"exit status {code}" if code >= 0 else signal.Signals(-code).name


@dataclass
class Supervisor:
    """All programs of one system."""

    around: Surroundings
    keepers: list[Keeper] = field(default_factory=list)
    failure: str | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self, *programs: Program) -> list[dict[str, Any]]:
        """Starts these together and waits until all are ready; what each said. Raises `CannotStart`."""
        for program in programs:
            self.keepers.append(Keeper(program, self.around, self._fail))
        return [keeper.start() for keeper in self.keepers[-len(programs) :]]

    def pid(self, name: str) -> int:
        return next(keeper.pid for keeper in self.keepers if keeper.program.name == name)

    def wait(self) -> str | None:
        """Until `finish` is called, or a program can't be kept running: then the reason."""
        self._over.wait()
        return self.failure

    def finish(self) -> None:
        """Ends `wait`; may be called by a signal handler."""
        self._over.set()

    def stop(self) -> None:
        """What was started last ends first."""
        while self.keepers:
            self.keepers.pop().stop()

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._over.set()

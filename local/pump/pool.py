"""Runs functions as Lambda does: each environment is a process, started when needed, kept warm, ended in time."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local import function
from local.logfiles import follow
from local.process import spawn
from local.pump.answers import Answer, NotInvoked
from local.pump.events import function_arn
from video_pipeline.topology import FUNCTIONS, resource_name

log = logging.getLogger(__name__)
# Imports of a model's libraries may take a while on a small machine; Lambda allows ten seconds.
INIT_SECONDS: Final = 60.0


@dataclass(frozen=True)
class FunctionSpec:
    """`timeout` in seconds, `memory` in MiB (told to the function, not enforced).

    `isolated`: it sees what PYTHONPATH names and the standard library, none of the packages that are installed here.
    """

    name: str
    module: str
    timeout: float
    memory: int
    concurrency: int = 2
    isolated: bool = False


def specs_from_topology(suffix: str) -> dict[str, FunctionSpec]:
    """By function name."""
    specs = [FunctionSpec(resource_name(f.unit, suffix), f.module, f.timeout, f.memory) for f in FUNCTIONS]
    return {spec.name: spec for spec in specs}


class Broken(Exception):
    """The environment did not answer; `error` is what Lambda would answer in its place."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.error = {"errorType": kind, "errorMessage": message}


class Environment:
    """One process. Used by one invocation at a time; one that is not `alive` afterwards is thrown away."""

    def __init__(self, spec: FunctionSpec, variables: Mapping[str, str], logs: Path) -> None:
        self._spec = spec
        self._ready = False
        self._usable = True
        try:
            self._process = spawn([*_program(spec), spec.module], {**variables, **_variables(spec)})
        except OSError as error:
            raise NotInvoked(f"no process could be started: {error}") from error
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: S101, PT018  all are pipes
        self._events, self._answers = self._process.stdin, self._process.stdout
        follow(self._process.stderr, logs / f"{spec.name}.log", _repeat)

    @property
    def alive(self) -> bool:
        return self._usable and self._process.poll() is None

    def invoke(self, event: object, region: str) -> Answer:
        request_id = str(uuid4())
        try:
            if not self._ready:
                started = self._exchange(b"", INIT_SECONDS)
                if "error" in started:
                    self._usable = False
                    return Answer(error=started["error"])
                self._ready = True
            line = json.dumps({"event": event, "context": self._context(request_id, region)}).encode() + b"\n"
            answer = self._exchange(line, self._spec.timeout)
        except Broken as failure:
            self._usable = False
            return Answer(error={**failure.error, "requestId": request_id})
        return Answer(payload=answer.get("result"), error=answer.get("error"))

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with contextlib.suppress(OSError):
            self._events.close()

    def _exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        """Writes and reads one line. Beyond `seconds` the process is killed, which ends the reading."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        text, begun = b"", time.monotonic()
        try:
            self._events.write(line)
            self._events.flush()
            text = self._answers.readline()
        except (OSError, ValueError):
            pass  # it is gone, or was closed beside us; the missing answer says so below
        finally:
            timer.cancel()
        if text.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(text)
            return answer
        if time.monotonic() - begun >= seconds:
            raise Broken("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
        raise Broken("Runtime.ExitError", f"Runtime exited with error: {_exit(self._process.wait())}")

    def _context(self, request_id: str, region: str) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "function_name": self._spec.name,
            "memory": self._spec.memory,
            "arn": function_arn(self._spec.name, region),
            "seconds": self._spec.timeout,
        }


def _exit(code: int) -> str:
    return f"exit status {code}" if code >= 0 else f"signal: {signal.Signals(-code).name}"


def _program(spec: FunctionSpec) -> list[str]:
    """The program needs nothing but the standard library, so it can be run by its path."""
    return ["-S", "-s", "-P", str(Path(function.__file__))] if spec.isolated else ["-m", function.__name__]


def _variables(spec: FunctionSpec) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "_HANDLER": f"{spec.module}.handler",
    }


def _repeat(line: bytes) -> None:
    """A function's warnings and errors are also the pump's, from where they reach the terminal."""
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


class Busy(Exception):
    """As many run at once as the function's concurrency allows."""


class Environments:
    """The processes of one function. Any thread may invoke."""

    def __init__(self, spec: FunctionSpec, variables: Mapping[str, str], logs: Path, region: str) -> None:
        self._spec = spec
        self._variables = variables
        self._logs = logs
        self._region = region
        self._places = threading.BoundedSemaphore(spec.concurrency) if spec.concurrency else None
        self._warm: list[Environment] = []
        self._running: set[Environment] = set()
        self._changed = threading.Condition()
        self._retired = False

    def invoke(self, event: object, *, wait: bool = True) -> Answer:
        """Beyond the function's concurrency it waits, or raises `Busy`. Raises `NotInvoked` if no process starts."""
        if self._places is None or not self._places.acquire(blocking=wait):
            raise Busy(f"{self._spec.name} runs {self._spec.concurrency} times at once already")
        try:
            environment = self._take()
            try:
                return environment.invoke(event, self._region)
            finally:
                self._give_back(environment)
        finally:
            self._places.release()

    def drain(self, seconds: float) -> bool:
        """Waits until nothing runs, at most so long; whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=seconds)

    def retire(self) -> None:
        """Ends what is idle now, and what runs when it has answered."""
        with self._changed:
            self._retired = True
            while self._warm:
                self._warm.pop().close()

    def close(self) -> None:
        """Ends everything, whatever it does."""
        self.retire()
        with self._changed:
            for environment in self._running:
                environment.close()

    def _take(self) -> Environment:
        with self._changed:
            while self._warm:
                if (environment := self._warm.pop()).alive:
                    break
                environment.close()
            else:
                environment = Environment(self._spec, self._variables, self._logs)
            self._running.add(environment)
            return environment

    def _give_back(self, environment: Environment) -> None:
        with self._changed:
            self._running.discard(environment)
            if environment.alive and not self._retired:
                self._warm.append(environment)
            else:
                environment.close()
            self._changed.notify_all()


class Functions:
    """All functions by name. Beyond a function's concurrency a caller waits."""

    def __init__(
        self, specs: Mapping[str, FunctionSpec], variables: Mapping[str, str], logs: Path, region: str
    ) -> None:
        self._pools = {name: Environments(spec, variables, logs, region) for name, spec in specs.items()}

    def invoke(self, name: str, event: object) -> Answer:
        """Raises `NotInvoked` if there is no such function, or no process could be started."""
        if name not in self._pools:
            raise NotInvoked(f"there is no function {name}")
        answer = self._pools[name].invoke(event)
        if answer.error is not None:
            log.error("function failed", extra={"function": name, "error": answer.error})
        return answer

    def drain(self, seconds: float) -> bool:
        """Waits until nothing runs, at most so long; whether that was reached."""
        deadline = time.monotonic() + seconds
        return all(pool.drain(max(deadline - time.monotonic(), 0)) for pool in self._pools.values())

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

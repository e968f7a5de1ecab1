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


class Functions:
    """All functions by name. Any thread may invoke; beyond a function's concurrency it waits."""

    def __init__(
        self, specs: Mapping[str, FunctionSpec], variables: Mapping[str, str], logs: Path, region: str
    ) -> None:
        self._specs = specs
        self._variables = variables
        self._logs = logs
        self._region = region
        self._places = {name: threading.BoundedSemaphore(spec.concurrency) for name, spec in specs.items()}
        self._warm: dict[str, list[Environment]] = {name: [] for name in specs}
        self._changed = threading.Condition()
        self._running: set[Environment] = set()

    def invoke(self, name: str, event: object) -> Answer:
        """Raises `NotInvoked` if there is no such function, or no process could be started."""
        if name not in self._specs:
            raise NotInvoked(f"there is no function {name}")
        with self._places[name]:
            environment = self._take(name)
            try:
                answer = environment.invoke(event, self._region)
            finally:
                self._give_back(name, environment)
        if answer.error is not None:
            log.error("function failed", extra={"function": name, "error": answer.error})
        return answer

    def drain(self, seconds: float) -> bool:
        """Waits until nothing runs, at most so long; whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=seconds)

    def close(self) -> None:
        with self._changed:
            for environment in [*self._running, *(each for warm in self._warm.values() for each in warm)]:
                environment.close()

    def _take(self, name: str) -> Environment:
        with self._changed:
            warm = self._warm[name]
            while warm:
                if (environment := warm.pop()).alive:
                    break
                environment.close()
            else:
                environment = Environment(self._specs[name], self._variables, self._logs)
            self._running.add(environment)
            return environment

    def _give_back(self, name: str, environment: Environment) -> None:
        with self._changed:
            self._running.discard(environment)
            if environment.alive:
                self._warm[name].append(environment)
            else:
                environment.close()
            self._changed.notify_all()

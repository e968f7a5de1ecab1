"""Stops asking a service that has failed again and again, so that nobody waits for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from video_pipeline.errors import BadInput, Misconfigured, Resting, Unavailable

T = TypeVar("T")


class Circuit:
    """Opens after so many `failures` in a row; then, every `rest` seconds, one call is let through to find out.

    The state is this process's. What was refused as bad input is no failure: the service answered.
    """

    def __init__(
        self, service: str, *, failures: int = 4, rest: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._lock = Lock()
        self._failed = 0
        self._until = 0.0

    def call(self, action: Callable[[], T]) -> T:
        """What `action` returns or raises; Resting("service_resting") with the time to come back while open."""
        self._admit()
        try:
            result = action()
        except (Unavailable, Misconfigured) as error:
            self._failure(error)
            raise
        except BadInput:
            self._success()
            raise
        self._success()
        return result

    def _admit(self) -> None:
        with self._lock:
            if self._failed < self._most:
                return
            now = self._clock()
            if now < self._until:
                raise Resting(
                    "service_resting",
                    f"{self._service} failed repeatedly and is not asked for the moment.",
                    hint="It is asked again shortly.",
                    delay=self._until - now,
                )
            # This call finds out; whoever comes in the meantime goes on waiting.
            self._until = now + self._rest

    def _failure(self, error: Unavailable | Misconfigured) -> None:
        asked = error.delay if isinstance(error, Unavailable) else None
        with self._lock:
            self._failed += 1
            self._until = self._clock() + max(self._rest, asked or 0.0)

    def _success(self) -> None:
        with self._lock:
            self._failed = 0

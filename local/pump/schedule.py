"""Invokes a function again and again, as an EventBridge schedule does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from local.pump.answers import Answer, NotInvoked
from local.pump.events import scheduled_event
from local.pump.stopping import Stop


class Schedule:
    """The first time right at the start: that is when a crash has left something behind."""

    def __init__(
        self, function: str, seconds: float, region: str, *, invoke: Callable[[str, dict[str, Any]], Answer], stop: Stop
    ) -> None:
        self._function = function
        self._seconds = seconds
        self._region = region
        self._invoke = invoke
        self._stop = stop

    def run(self) -> None:
        """Until stopped. A failed run is logged where functions are run; the next one is its retry."""
        while not self._stop.is_set():
            with contextlib.suppress(NotInvoked):
                self._invoke(self._function, scheduled_event(self._function, self._region))
            self._stop.wait(self._seconds)

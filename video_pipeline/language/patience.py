"""How long a call is repeated while a service says "not now"."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from video_pipeline.errors import Unavailable

T = TypeVar("T")
_random = random.SystemRandom()


@dataclass(frozen=True)
class Patience:
    """Repeats what raises `Unavailable`, never beginning a try more than `seconds` after the first.

    A service that says when to come back is asked then, a little later each time so that callers spread; otherwise
    the pause is random up to `base * 2**n`, at most `cap` seconds.
    """

    seconds: float = 60.0
    base: float = 0.5
    cap: float = 8.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = _random.random

    def call(self, action: Callable[[], T]) -> T:
        """What `action` returns; its last `Unavailable` when waiting on would take too long."""
        end = self.clock() + self.seconds
        failed = 0
        while True:
            try:
                return action()
            except Unavailable as error:
                pause = self._pause(error.delay, failed)
                if self.clock() + pause > end:
                    raise
            self.sleep(pause)
            failed += 1

    def _pause(self, asked: float | None, failed: int) -> float:
        if asked is not None:
            return asked * (1 + 0.1 * self.jitter())
        return self.jitter() * min(self.cap, self.base * 2.0**failed)

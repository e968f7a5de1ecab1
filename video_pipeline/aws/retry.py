"""Pauses between tries of what a service refused in part, which boto3's own retries do not see."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_random = random.SystemRandom()


@dataclass(frozen=True)
class Backoff:
    """Full jitter: after n tries in a row without progress up to `base * 2**(n-1)` seconds, at most `cap`."""

    tries: int = 8
    base: float = 0.1
    cap: float = 5.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, failed: int) -> bool:
        """Waits after the `failed`-th try in a row without progress. False at once when none is left."""
        if failed >= self.tries:
            return False
        self.sleep(_random.uniform(0, min(self.cap, self.base * 2.0 ** (failed - 1))))
        return True

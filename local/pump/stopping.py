"""How the pump's threads end, and how they bear a service that is away for a moment."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)
AFTER_FAILURE: Final = 1.0


class Stopped(Exception):
    """The pump ends; what was not settled comes again."""


class Stop(threading.Event):
    """Set once, when the pump is to end."""

    def check(self) -> None:
        if self.is_set():
            raise Stopped

    def wait_or_raise(self, seconds: float) -> None:
        if self.wait(seconds):
            raise Stopped


def patiently(work: Callable[[], None], stop: Stop, name: str) -> None:
    """Repeats `work` until stopped, with a pause after each failure. A long failure is logged once."""
    complained = False
    while not stop.is_set():
        try:
            work()
            complained = False
        except Stopped:
            return
        except (BotoCoreError, ClientError, OSError) as error:
            if not complained and not stop.is_set():
                log.warning("%s: AWS does not answer as it should, trying again: %s", name, error)
            complained = True
            stop.wait(AFTER_FAILURE)

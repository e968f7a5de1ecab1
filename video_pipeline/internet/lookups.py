"""Asks for the addresses of names, and waits no longer than it may."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from typing import Final

logger = logging.getLogger(__name__)
Resolve = Callable[[str, int], Sequence[str]]
_AT_ONCE: Final = 16


class Lookups:
    """`resolve` in threads of its own, since nothing breaks off the system's resolver.

    One that is given up on runs on until that resolver gives up, too. `at_once` may be left behind like that; whoever
    comes then waits for one of them to end. They keep no program from ending.
    """

    def __init__(self, resolve: Resolve, at_once: int = _AT_ONCE) -> None:
        self._resolve = resolve
        self._places = BoundedSemaphore(at_once)

    def ask(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """As `resolve` answers or fails. TimeoutError after `seconds`."""
        end = time.monotonic() + seconds
        if not self._places.acquire(timeout=max(seconds, 0)):
            logger.warning("all lookups are waiting", extra={"host": host})
            raise TimeoutError("all lookups are waiting")
        answer: Future[Sequence[str]] = Future()
        Thread(target=self._run, args=(answer, host, port), name="lookup", daemon=True).start()
        return answer.result(timeout=max(end - time.monotonic(), 0))

    def _run(self, answer: Future[Sequence[str]], host: str, port: int) -> None:
        try:
            answer.set_result(self._resolve(host, port))
        except Exception as error:
            logger.info("lookup failed", extra={"host": host}, exc_info=True)
            answer.set_exception(error)
        finally:
            self._places.release()

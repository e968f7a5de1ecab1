"""Scale-in protection: while videos are worked on, ECS must not choose this task when it stops some.

The task asks for it at the agent beside it (`$ECS_AGENT_URI/task-protection/v1/state`). A refusal harms no job: at
worst the task is stopped, and the job comes back by its lease.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import urllib3

logger = logging.getLogger(__name__)
# Short, because what is not taken back (the agent may not answer) keeps an idle task, and its cost, for as long.
LASTS: Final = 15 * 60.0
# Renewed with so much left: heartbeats have ten minutes for it.
_RENEWED_AT: Final = 10 * 60.0
_PATH: Final = "/task-protection/v1/state"
# The agent asks ECS and then answers; it gives that call a few seconds.
_TIMEOUT: Final = urllib3.Timeout(connect=1.0, read=6.0)


class Protection:
    """For all places of a process together. Never raises.

    `agent` is what ECS puts into ECS_AGENT_URI; without it nothing is asked of anybody.
    """

    def __init__(self, agent: str | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"{agent.rstrip('/')}{_PATH}" if agent else None
        self._clock = clock
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=_TIMEOUT)
        self._counting = Lock()
        self._at_work = 0
        # One request at a time, so that they reach the agent in the order in which they were decided.
        self._asking = Lock()
        self._granted_until = self._maybe_until = self._failed_at = float("-inf")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Protected inside, as far as ECS grants it; the last one out gives it back."""
        self._count(+1)
        try:
            yield
        finally:
            self._count(-1)

    def tend(self) -> None:
        """Renews in time, and asks again for what was refused. For heartbeats and idle moments: returns at once when
        somebody else is asking."""
        if self._asking.acquire(blocking=False):
            try:
                self._settle()
            finally:
                self._asking.release()

    def _count(self, change: int) -> None:
        with self._counting:
            came_at = self._clock()
            self._at_work += change
        with self._asking:
            # Those who waited here while the agent failed do not each wait for it again; the next heartbeat asks.
            if self._failed_at <= came_at:
                self._settle()

    def _settle(self) -> None:
        """Makes what ECS knows agree with what is."""
        if self._url is None:
            return
        now = self._clock()
        if self._at_work and self._granted_until - now < _RENEWED_AT:
            self._maybe_until = now + LASTS
            if self._ask(self._url, {"ProtectionEnabled": True, "ExpiresInMinutes": round(LASTS / 60)}):
                self._granted_until = self._maybe_until
        elif not self._at_work and self._maybe_until > now:
            self._granted_until = float("-inf")
            if self._ask(self._url, {"ProtectionEnabled": False}):
                self._maybe_until = float("-inf")

    def _ask(self, url: str, wanted: dict[str, object]) -> bool:
        try:
            answer = self._http.request("PUT", url, json=wanted)
            refusal = _refusal(answer.status, answer.data, enabled=wanted["ProtectionEnabled"])
        except urllib3.exceptions.HTTPError as error:
            refusal = {"reason": type(error).__name__, "detail": str(error)}
        if refusal is None:
            return True
        self._failed_at = self._clock()
        logger.warning("scale-in protection not changed", extra={**refusal, "wanted": wanted["ProtectionEnabled"]})
        return False


def _refusal(status: int, body: bytes, *, enabled: object) -> dict[str, object] | None:
    """Why not, or None if it is as asked. The agent says 200 even where ECS refuses: the body tells."""
    answer = _object(body)
    if status == 200 and _part(answer, "protection").get("ProtectionEnabled") is enabled:
        return None
    failure = _part(answer, "failure") or _part(answer, "error")
    reason = failure.get("Reason") or failure.get("Code") or f"http_{status}"
    detail = failure.get("Detail") or failure.get("Message") or body[:300].decode(errors="replace")
    return {"reason": reason, "detail": detail}


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name)
    return part if isinstance(part, dict) else {}

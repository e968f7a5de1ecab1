"""Whose key opens OpenAI, or a server that speaks the same, and the client that was opened with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from video_pipeline.errors import Misconfigured

if TYPE_CHECKING:
    from video_pipeline.language.openai_client import OpenAiClient

logger = logging.getLogger(__name__)
T = TypeVar("T")
DEFAULT_URL: Final = "https://api.openai.com/v1"


class OpenAiAccount:
    """`api_key` is asked at every call, so that a rotated key is taken up; it should keep its answer for a while.

    `fresh_key` reads the key anew: it is asked once when the kept one is refused, since it may have been rotated since.
    """

    def __init__(
        self,
        api_key: Callable[[], str],
        *,
        base_url: str = DEFAULT_URL,
        timeout: float = 30.0,
        fresh_key: Callable[[], str] | None = None,
    ) -> None:
        self._api_key = api_key
        self._fresh_key = fresh_key
        self._base_url = base_url
        self._timeout = timeout
        self._lock = Lock()
        self._opened: OpenAiClient | None = None

    def call(self, action: Callable[[OpenAiClient], T]) -> T:
        """What `action` makes of a client with today's key. `Misconfigured` when there is none that could be sent."""
        client = self._client(self._api_key)
        try:
            return action(client)
        except Misconfigured as error:
            if self._fresh_key is None or error.facts.get("status") != 401:
                raise
            renewed = self._client(self._fresh_key)
            if renewed is client:
                raise
            logger.info("the key was rotated")
            return action(renewed)

    def _client(self, read: Callable[[], str]) -> OpenAiClient:
        # With the first text, not before: importing the package costs every process half a second.
        from video_pipeline.language.openai_client import OpenAiClient

        key = _checked(read())
        with self._lock:
            if self._opened is None or self._opened.key != key:
                self._opened = OpenAiClient(key, base_url=self._base_url, timeout=self._timeout)
            return self._opened


def _checked(key: str) -> str:
    key = key.strip()
    if not key or not (key.isascii() and key.isprintable()):
        raise Misconfigured(
            "openai_key_missing", "There is no usable OpenAI API key.", hint="Set OPENAI_API_KEY or its secret."
        )
    return key

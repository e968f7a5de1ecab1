"""Around every request: its id, its log line, its size, safe headers, and an answer to what nobody expected."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any, Final
from uuid import uuid4

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from video_pipeline.api import problems
from video_pipeline.logs import bound
from video_pipeline.topology import LIMITS

_LOG = logging.getLogger(__name__)
_JSON_BYTES: Final = 1024**2
_LENGTH_DIGITS: Final = 20
# Where forms bring files, which are counted as they come.
_WITH_FILES: Final = ("/upload", "/images", "/audio", "/fonts")
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_ONLY_TLS: Final = "max-age=31536000; includeSubDomains"


class RequestContext:
    """Gives each request an id, logs its end, sets safe headers, and turns the unexpected into a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        response = _Response(send, request_id, tls=scope["scheme"] == "https")
        began = time.perf_counter()
        with bound(request_id=request_id):
            try:
                await self._app(scope, receive, response.send)
            except Exception:
                _LOG.exception("unexpected error")
                if response.status is not None:
                    raise
                await problems.unexpected(request_id)(scope, receive, response.send)
            _log_end(scope, response.status, time.perf_counter() - began)


class _Response:
    """Completes the headers of a response on its way out and remembers its status."""

    def __init__(self, send: Send, request_id: str, *, tls: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._tls = tls
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(message)
        await self._send(message)

    def _complete(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Request-Id"] = self._request_id
        for name, value in _SAFE.items():
            headers.setdefault(name, value)
        if self._tls:
            headers.setdefault("Strict-Transport-Security", _ONLY_TLS)


def _log_end(scope: Scope, status: int | None, seconds: float) -> None:
    facts = {"method": scope["method"], "path": scope["path"], "status": status, "milliseconds": round(seconds * 1000)}
    _LOG.info("request", extra=facts)


class BodyLimit:
    """Refuses bodies beyond what their route takes: at once when they say their size, else when they pass it.

    A form upload is not counted here: it is never held, and counts its own file.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = _limit(scope) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > _LENGTH_DIGITS or int(declared) > limit):
            await _too_large(scope, limit)(scope, receive, send)
            return
        await self._app(scope, _counting(receive, limit), send)


def _limit(scope: Scope) -> int | None:
    path: str = scope["path"]
    content_type = Headers(scope=scope).get("content-type", "")
    if path.endswith(_WITH_FILES) and content_type.lower().startswith("multipart/form-data"):
        return None
    if scope["method"] == "POST" and path.endswith("/transcripts"):
        return LIMITS.transcript_bytes
    return LIMITS.caption_bytes if scope["method"] == "PUT" and path.endswith("/captions") else _JSON_BYTES


def _counting(receive: Receive, limit: int) -> Receive:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413)
        return message

    return counted


def _too_large(scope: Scope, limit: int) -> ASGIApp:
    request_id = scope["state"]["request_id"]
    return problems.problem(
        request_id, 413, "body_too_large", f"The request's body is larger than the {limit:,} bytes taken here."
    )

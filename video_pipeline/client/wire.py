"""Requests and what becomes of them: JSON in, JSON out, refusals as our errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol, Self
from urllib.parse import quote, urlsplit

import httpx

from video_pipeline.errors import BadInput, Conflict, NotFound, NotRunning, PipelineError, Unavailable

Parameter = str | int | bool | Sequence[str] | None
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
_CONNECT: Final = 5.0
_ANSWER: Final = 60.0
_UPLOAD_ANSWER: Final = 1_800.0
_MOST_OF_A_PAGE: Final = 100


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


File = tuple[str, Readable | bytes, str]
"""Its name, what it holds, and its media type."""


class Wire:
    """One API over one pool of connections. For use in a `with` statement, or to be closed.

    Raises `NotRunning` when nothing answers or it is not this API; `NotFound`, `Conflict`, `BadInput` or `Unavailable`
    as the API's problems say. What is refused because the key has asked too often is asked again when the API says,
    for up to `patience` seconds. `hint` is what to do when nothing answers.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: float = 30.0,
        hint: str = "Check the address.",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._patience = patience
        self._hint = hint
        self._sleep = sleep
        with self._reaching():
            self._client = httpx.Client(
                base_url=f"{self.url}/api/v1/",
                headers={"X-API-Key": key} if key else {},
                timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
                # A proxy for the world must not get in between this machine and itself.
                trust_env=host_of(url) not in LOOPBACK,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: Parameter) -> dict[str, Any]:
        """Of a path below /api/v1; parameters that are None are left out."""
        found: dict[str, Any] = self._json("GET", path, params)
        return found

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self._json("POST", path, body=body)
        return found

    def content(self, path: str) -> bytes:
        """A document as it is, whatever it is."""
        answer = self._send("GET", path, accept="*/*")
        if not answer.is_success:
            self._document(answer)
        return answer.content

    def items(self, path: str, most: int, **params: Parameter) -> list[Any]:
        """Up to `most` items of a list, over as many pages as it takes."""
        found: list[Any] = []
        cursor: str | None = None
        while len(found) < most:
            page = self.get(path, limit=min(most - len(found), _MOST_OF_A_PAGE), cursor=cursor, **params)
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        return found[:most]

    def _json(
        self,
        method: str,
        path: str,
        params: Mapping[str, Parameter] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        return self._document(self._send(method, path, params, body=body))

    def _text(self, path: str, accept: str) -> str:
        answer = self._send("GET", path, accept=accept)
        if not answer.is_success:
            self._document(answer)
        return answer.text

    def _form(self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, Any]]) -> Any:
        """The fields, then the files in their order, streamed from where they are read, and so once only."""
        timeout = httpx.Timeout(_UPLOAD_ANSWER, connect=_CONNECT)
        with self._reaching():
            answer = self._client.post(path, data=dict(fields), files=list(files), timeout=timeout)
        return self._document(answer)

    def _put(self, url: str, data: bytes) -> str:
        """To an address that was signed for it, so without the key. The ETag. Unavailable store_refused."""
        try:
            with httpx.Client(trust_env=host_of(url) not in LOOPBACK) as client:
                answer = client.put(url, content=data, timeout=httpx.Timeout(_UPLOAD_ANSWER, connect=_CONNECT))
            etag: str = answer.raise_for_status().headers["ETag"]
        except (httpx.HTTPError, KeyError) as error:
            said = f"The store at {host_of(url)} did not take a part of the file ({type(error).__name__})."
            raise Unavailable("store_refused", said, hint="Try it again.") from error
        return etag

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Parameter] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        left = self._patience
        while True:
            with self._reaching():
                answer = self._client.request(method, path, params=given, json=body, headers={"Accept": accept})
            pause = _pause(answer) if answer.status_code == httpx.codes.TOO_MANY_REQUESTS else None
            if pause is None or pause > left:
                return answer
            left -= pause
            self._sleep(pause)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotRunning(f"Nothing answers at {self.url}.", hint=self._hint) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NotRunning(f"{self.url!r} is not the address of an API.", hint=self._hint) from error
        except httpx.TransportError as error:
            message = f"The connection to {self.url} broke ({type(error).__name__})."
            raise Unavailable("api_connection_broken", message, hint="Look at `video-pipeline jobs`.") from error

    def _document(self, answer: httpx.Response) -> Any:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            kind = answer.headers.get("content-type", "nothing")
            message = f"What answers at {self.url} is not this API (HTTP {answer.status_code}, {kind})."
            raise NotRunning(message, hint=self._hint)
        if answer.is_success:
            return document
        raise _refusal(answer, document)


def part(text: object) -> str:
    """As one part of a path, whatever is in it."""
    return quote(str(text), safe="")


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _pause(answer: httpx.Response) -> float | None:
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _refusal(answer: httpx.Response, problem: Mapping[str, Any]) -> PipelineError:
    status = answer.status_code
    code = str(problem.get("code") or f"http_{status}")
    message = str(problem.get("detail") or problem.get("title") or f"The API answered {status}.")
    hint = str(problem.get("hint") or "")
    if status == httpx.codes.NOT_FOUND:
        return NotFound(code, message, hint=hint)
    if status == httpx.codes.CONFLICT:
        return Conflict(code, message, hint=hint)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        return Unavailable(code, message, hint=hint, delay=_pause(answer))
    return BadInput(code, message, hint=hint)

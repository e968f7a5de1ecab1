"""The REST API from the outside: JSON in, JSON out, refusals as our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from video_pipeline.cli.exits import NotRunning
from video_pipeline.cli.system import START, System
from video_pipeline.errors import BadInput, NotFound, PipelineError, Unavailable

_CONNECT: Final = 5.0
_ANSWER: Final = 60.0
_UPLOAD_ANSWER: Final = 1_800.0
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
_NOT_OURS: Final = "Check VIDEO_PIPELINE_API_URL."


class Api:
    """Raises `NotRunning` when nothing answers, `NotFound`, `BadInput` or `Unavailable` as the API's problems say."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        with self._reaching():
            self._client = httpx.Client(
                base_url=f"{url}/api/v1/",
                headers={"X-API-Key": key} if key else {},
                timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
                # A proxy for the world must not get in between this machine and itself.
                trust_env=_host(url) not in _LOOPBACK,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **params: str | int | None) -> dict[str, Any]:
        given = {name: value for name, value in params.items() if value is not None}
        with self._reaching():
            return self._read(self._client.get(path, params=given))

    def content(self, path: str) -> bytes:
        """A document as it is."""
        with self._reaching():
            answer = self._client.get(path)
            if not answer.is_success:
                self._read(answer)
            return answer.content

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._reaching():
            return self._read(self._client.post(path, json=body))

    def upload(self, fields: Mapping[str, str], files: list[tuple[str, Any]]) -> dict[str, Any]:
        """A form: the fields, then the files in their order, streamed from where they are read."""
        timeout = httpx.Timeout(_UPLOAD_ANSWER, connect=_CONNECT)
        with self._reaching():
            return self._read(self._client.post("upload", data=dict(fields), files=files, timeout=timeout))

    def items(self, path: str, most: int, **params: str | int | None) -> list[dict[str, Any]]:
        """Up to `most` items of a listing, over as many pages as it takes."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(found) < most:
            page = self.get(path, limit=min(most - len(found), 100), cursor=cursor, **params)
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        return found[:most]

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotRunning(f"Nothing answers at {self.url}.", hint=self._start()) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NotRunning(f"{self.url!r} is not the address of an API.", hint=_NOT_OURS) from error
        except httpx.TransportError as error:
            message = f"The connection to {self.url} broke ({type(error).__name__})."
            raise Unavailable("api_connection_broken", message, hint="Look at `video-pipeline jobs`.") from error

    def _start(self) -> str:
        return START if _host(self.url) in _LOOPBACK else _NOT_OURS

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            kind = answer.headers.get("content-type", "nothing")
            message = f"What answers at {self.url} is not this API (HTTP {answer.status_code}, {kind})."
            raise NotRunning(message, hint=_NOT_OURS)
        if answer.is_success:
            return document
        raise _refusal(answer.status_code, document)


def api_of(system: System) -> Api:
    return Api(system.api_url, system.api_key)


def _refusal(status: int, problem: Mapping[str, Any]) -> PipelineError:
    code = str(problem.get("code") or f"http_{status}")
    message = str(problem.get("detail") or problem.get("title") or f"The API answered {status}.")
    hint = str(problem.get("hint") or "")
    if status == 404:
        return NotFound(code, message, hint=hint)
    if status >= 500 or status == 429:
        return Unavailable(code, message, hint=hint)
    return BadInput(code, message, hint=hint)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

"""Multipart forms pulled piece by piece: a file of any size passes through in flat memory and never touches a disk.

Frameworks put a form's files on disk before a handler sees them, and then they would be sent on from there. Here the
handler sees each part as it comes, so what describes the file has to come before it, as in S3's own POST.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import TimeoutError as WaitTimeoutError
from dataclasses import dataclass
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from video_pipeline.errors import BadInput
from video_pipeline.topology import LIMITS
from video_pipeline.uploading import Captions

_IDLE_SECONDS: Final = 60.0
_HEADER_BYTES: Final = 16 * 1024  # A name of 1,000 characters may take 4 bytes for each.
_FIELD_BYTES: Final = 512 * 1024
_TEXT_FIELDS: Final = ("title", "language", "recorded_on", "metadata")
_DOCUMENTS: Final = {
    "metadata": 'Send an object like {"course": "Physics"}.',
    "matters": 'Send a list like [{"x": 0.5, "y": 0.3}].',
}
_ORDER_HINT: Final = "Send title, language, recorded_on, metadata and captions first, the file last."


def pull(request: Request, loop: asyncio.AbstractEventLoop, *, idle: float = _IDLE_SECONDS) -> Iterator[bytes]:
    """The request's body for a thread that is not `loop`'s; the client is held back while nobody asks for more.

    Raises `BadInput` upload_broken_off when the client goes away, upload_stalled when nothing comes for `idle` seconds.
    """
    stream = request.stream()

    async def take() -> bytes | None:
        return await anext(stream, None)

    while (piece := _waited(asyncio.run_coroutine_threadsafe(take(), loop), idle)) is not None:
        yield piece


def _waited(future: Any, idle: float) -> bytes | None:
    try:
        piece: bytes | None = future.result(idle)
    except WaitTimeoutError as error:
        future.cancel()
        raise BadInput("upload_stalled", f"Nothing came for {idle:.0f} seconds.", hint="Upload it again.") from error
    except ClientDisconnect as error:
        raise BadInput("upload_broken_off", "The upload broke off.", hint="Upload it again.") from error
    return piece


@dataclass(frozen=True)
class Part:
    """One field of a form. What is not read of `data` is skipped when the next part is asked for."""

    name: str
    filename: str | None
    data: Iterator[bytes]


class FormParts:
    """The parts of a multipart/form-data body, in order, as they come."""

    def __init__(self, content_type: str, chunks: Iterable[bytes]) -> None:
        """Raises `BadInput("form_malformed")` when the content type names no boundary."""
        self._chunks = chunks
        self._events: deque[dict[str, str] | bytes | None] = deque()
        self._headers: dict[str, bytes] = {}
        self._header = [b"", b""]
        self._ended = False
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise BadInput("form_malformed", "The form's content type names no boundary.")
        try:
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_size=_HEADER_BYTES)
        except FormParserError as error:
            raise _malformed() from error

    def __iter__(self) -> Iterator[Part]:
        events = self._parsed()
        for event in events:
            if isinstance(event, dict):
                data = _data(events)
                yield Part(event.get("name", ""), event.get("filename"), data)
                deque(data, maxlen=0)

    def _parsed(self) -> Iterator[dict[str, str] | bytes | None]:
        """A dictionary begins a part, bytes are of it, None ends it."""
        for chunk in self._chunks:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _malformed() from error
            while self._events:
                yield self._events.popleft()
        if not self._ended:
            raise BadInput("form_truncated", "The form ends before its last part does.", hint="Upload it again.")

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": lambda data, start, end: self._add_to_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_to_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
            "on_part_end": lambda: self._events.append(None),
            "on_end": self._end,
        }

    def _add_to_header(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value
        self._header = [b"", b""]

    def _end_headers(self) -> None:
        # Browsers send names as UTF-8 without saying so; the library reads headers as latin-1 and gives that back.
        value = self._headers.get("content-disposition", b"").decode("latin-1")
        options = parse_options_header(value)[1]
        self._events.append({key.decode("latin-1"): _text(raw) for key, raw in options.items()})

    def _end(self) -> None:
        self._ended = True


def _data(events: Iterator[dict[str, str] | bytes | None]) -> Iterator[bytes]:
    for event in events:
        if not isinstance(event, bytes):
            return
        yield event


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _malformed() -> BadInput:
    return BadInput("form_malformed", "The form is not well-formed multipart/form-data.")


# --------------------------------------------------------------------------------------- upload form
@dataclass(frozen=True)
class UploadForm:
    """What came before the file, and the file's bytes, still on their way."""

    fields: dict[str, Any]
    captions: Captions | None
    filename: str
    pieces: Iterator[bytes]


def read_form(content_type: str, chunks: Iterable[bytes], *, fields: Collection[str]) -> UploadForm:
    """Reads a form of these text fields up to its file. Raises `BadInput` form_*, file_missing, metadata_malformed."""
    parts = iter(FormParts(content_type, chunks))
    said: dict[str, Any] = {}
    for part in parts:
        if part.name == "file" and part.filename:
            return UploadForm(said, None, part.filename, _only(part, parts))
        if part.name in fields:
            said |= _field(part)
        elif part.name != "file":
            raise BadInput("form_field_unknown", f"The form has an unknown field {part.name[:80]!r}.")
    raise BadInput("file_missing", "The form has no file in a field `file`.", hint="Send it as the last field.")


def read_upload_form(content_type: str, chunks: Iterable[bytes]) -> UploadForm:
    """Reads up to the file. Raises `BadInput` form_*, file_missing, captions_too_large or metadata_malformed."""
    parts = iter(FormParts(content_type, chunks))
    fields: dict[str, Any] = {}
    captions: Captions | None = None
    for part in parts:
        if part.name == "file" and part.filename:
            return UploadForm(fields, captions, part.filename, _only(part, parts))
        if part.name == "captions":
            captions = _captions(part) or captions
        elif part.name in _TEXT_FIELDS:
            fields |= _field(part)
        elif part.name != "file":
            raise BadInput("form_field_unknown", f"The form has an unknown field {part.name[:80]!r}.", hint=_ORDER_HINT)
    raise BadInput("file_missing", "The form has no file in a field `file`.", hint=_ORDER_HINT)


def _only(part: Part, parts: Iterator[Part]) -> Iterator[bytes]:
    """The file's bytes, provided that nothing follows them."""
    yield from part.data
    for extra in parts:
        raise BadInput("form_order", f"The field {extra.name[:80]!r} came after the file.", hint=_ORDER_HINT)


def _captions(part: Part) -> Captions | None:
    """None for the empty file of a form field that was left alone."""
    data = _collected(part, LIMITS.caption_bytes, "captions_too_large")
    return Captions(part.filename or "", data) if part.filename or data else None


def _field(part: Part) -> dict[str, Any]:
    text = _text(_collected(part, _FIELD_BYTES, "form_field_too_large")).strip()
    if not text:
        return {}
    return {part.name: _document(part.name, text) if part.name in _DOCUMENTS else text}


def _document(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("metadata_malformed", f"The field `{name}` is not JSON.", hint=_DOCUMENTS[name]) from error


def _collected(part: Part, limit: int, code: str) -> bytes:
    collected = bytearray()
    for piece in part.data:
        collected += piece
        if len(collected) > limit:
            raise BadInput(code, f"The field {part.name[:80]!r} is larger than {limit:,} bytes.")
    return bytes(collected)

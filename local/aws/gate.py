"""What stands before moto: strangers are refused, large uploads go to a file instead of into memory.

The emulated AWS checks no signature, so whoever reaches the port may do anything. The port is on loopback; what remains
is a web page that the user's own browser opens, which is why names and origins are checked here.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from local.aws.bodies import PIECE, Body, BodyStore

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# Configuration documents are far smaller than this, parts and films are larger.
SPOOL_ABOVE = 1024 * 1024
OWN = "/_emulator/"
_CHUNKED = "STREAMING-"


@dataclass
class Exchange:
    """The request in hand: its connection, how long it may wait for records, and its body if that went to a file."""

    connection: socket.socket | None = None
    wait: float = 0.0
    body: Body | None = None

    def abandoned(self) -> bool:
        """Whether the client has hung up. HTTP clients send nothing while they wait, so readable means closed."""
        if self.connection is None:
            return False
        try:
            return bool(select.select([self.connection], [], [], 0)[0])
        except (OSError, ValueError):
            return True


exchange: ContextVar[Exchange] = ContextVar("exchange")


def current() -> Exchange:
    return exchange.get(Exchange())


class Gate:
    """A WSGI application around moto's."""

    def __init__(self, application: Application, store: BodyStore, origins: Collection[str], desk: Application) -> None:
        """`desk` answers what begins with `OWN`: no service of AWS does, nor does any bucket's name."""
        self._application = application
        self._desk = desk
        self._store = store
        self._origins = origins

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if reason := self._refusal(environ):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [reason.encode()]
        if environ.get("PATH_INFO", "").startswith(OWN):
            return self._desk(environ, start_response)
        context = Exchange(environ.get("werkzeug.socket"), _seconds(environ.get("HTTP_X_LOCAL_WAIT")))
        exchange.set(context)
        if _to_spool(environ):
            context.body = self._spool(environ)
        try:
            return self._application(environ, start_response)
        finally:
            if context.body is not None:  # refused: no object, no bucket took it
                self._store.remove(context.body)

    def _refusal(self, environ: Environ) -> str | None:
        name = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        if name not in ("127.0.0.1", "localhost", "::1") and not name.endswith(".localhost"):
            return f"This server answers to loopback names, not to {name!r}."
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin not in self._origins:
            return f"Pages of {origin!r} may not use this server."
        if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return "Pages of other sites may not use this server."
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            return "Its inner workings are not for use from outside; a reset would forget what the journal still holds."
        return None

    def _spool(self, environ: Environ) -> Body:
        stream = _Counted(environ["wsgi.input"], _length(environ))
        if environ.get("HTTP_X_AMZ_CONTENT_SHA256", "").startswith(_CHUNKED):
            trailers: dict[str, str] = {}
            body = self._store.write(unwrapped(stream, trailers))
            environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in trailers.items()})
            environ["HTTP_X_AMZ_CONTENT_SHA256"] = "UNSIGNED-PAYLOAD"
            self._whole(body, environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH"))
        else:
            body = self._store.write(stream.pieces())
        _without_body(environ)
        return body

    def _whole(self, body: Body, announced: str | None) -> None:
        if announced is not None and len(body) != int(announced):
            self._store.remove(body)
            raise ConnectionError(f"{len(body)} bytes of {announced} arrived")


def _to_spool(environ: Environ) -> bool:
    """A PUT of much content to S3 (moto takes what names no other service for S3), or of what looks like a form:
    that moto would read as one, and keep nothing."""
    if environ.get("REQUEST_METHOD") != "PUT" or "HTTP_X_AMZ_TARGET" in environ:
        return False
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if authorization and "/s3/aws4_request" not in authorization:
        return False
    return _length(environ) > (0 if "form" in environ.get("CONTENT_TYPE", "") else SPOOL_ABOVE)


def _without_body(environ: Environ) -> None:
    environ["CONTENT_LENGTH"] = "0"
    # moto computes a checksum that was asked for but not sent from the body, which it does not have.
    algorithm = environ.get("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "")
    if f"HTTP_X_AMZ_CHECKSUM_{algorithm.upper()}" not in environ:
        environ.pop("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", None)


def _length(environ: Environ) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdigit() else 0


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 0), 0.0), 20.0)
    except ValueError:
        return 0.0


class _Counted:
    """At most `left` bytes of a stream; a client that breaks off is an error, never a short object."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream = stream
        self._left = left

    def read(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._left))
        if not piece and size and self._left:
            raise ConnectionError("the client broke off in the middle of an upload")
        self._left -= len(piece)
        return piece

    def line(self) -> bytes:
        text = self._stream.readline(min(self._left, 64 * 1024))
        self._left -= len(text)
        return text.strip()

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece


def unwrapped(stream: _Counted, trailers: dict[str, str]) -> Iterator[bytes]:
    """The content of an `aws-chunked` body; fills `trailers` with the headers that follow it."""
    while size := int(stream.line().split(b";")[0] or b"0", 16):
        while size:
            piece = stream.read(min(PIECE, size))
            if not piece:
                raise ConnectionError("the upload ends inside a chunk")
            size -= len(piece)
            yield piece
        stream.line()
    while line := stream.line():
        name, _, value = line.decode("latin-1").partition(":")
        trailers[name.strip()] = value.strip()

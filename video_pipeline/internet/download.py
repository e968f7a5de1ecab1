"""Fetches a file from an address that a stranger named: bounded in size and time, each redirect looked at again."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Event, Timer
from typing import Final
from urllib.parse import urljoin

from video_pipeline.errors import BadInput
from video_pipeline.internet.addresses import Guard, Place

logger = logging.getLogger(__name__)
_PIECE: Final = 256 * 1024
_HOPS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "User-Agent": "video-pipeline",
    "Accept": "image/avif,image/webp,image/png,image/jpeg,*/*;q=0.5",
    # Nothing is unpacked here, so nothing small can become large.
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Download:
    """`ports.Downloads`."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Only for those who need it: the authorities of the machine take long to read."""
        return ssl.create_default_context()

    def fetch(self, url: str, target: Path, *, most: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        for _ in range(_HOPS):
            place = self._guard.place(url, end - time.monotonic())
            with self._asked(place, end) as answer:
                following = answer.getheader("Location") if answer.status in _REDIRECTS else None
                if not following:
                    _save(answer, target, most)
                    return
            url = _joined(url, following)
        raise BadInput("download_refused", f"The address leads on more than {_HOPS} times.", hint="Use the last one.")

    @contextmanager
    def _asked(self, place: Place, end: float) -> Iterator[http.client.HTTPResponse]:
        """The answer's beginning. At `end` the connection is cut, whatever it is doing."""
        tls = self._tls if place.secure else None
        connection, late = _Pinned(place, tls, max(end - time.monotonic(), 0.01)), Event()
        timer = Timer(max(end - time.monotonic(), 0), connection.cut, [late])
        timer.daemon = True
        timer.start()
        try:
            connection.request("GET", place.target, headers=_HEADERS)
            with connection.getresponse() as answer:
                yield answer
            if late.is_set():
                raise _slow(place)
        except (OSError, http.client.HTTPException, ValueError) as error:
            logger.info("download failed", extra={"host": place.host, "detail": repr(error)})
            raise _slow(place) if late.is_set() or isinstance(error, TimeoutError) else _failed(place) from error
        finally:
            timer.cancel()
            connection.close()


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at, and speaks to the host that was named."""

    def __init__(self, place: Place, tls: ssl.SSLContext | None, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout)
        self.default_port = 443 if place.secure else 80  # as the Host header leaves it out
        self._place = place
        self._tls = tls
        self._line: socket.socket | None = None

    def connect(self) -> None:
        self._line = self.sock = socket.create_connection((self._place.address, self._place.port), self.timeout)
        if self._tls:
            # Shaken hands with after it can be cut.
            wrapped = self._tls.wrap_socket(self.sock, server_hostname=self._place.host, do_handshake_on_connect=False)
            self._line = self.sock = wrapped
            wrapped.do_handshake()

    def cut(self, late: Event) -> None:
        """While the body is read the connection has given its socket away, so it is kept here besides."""
        late.set()
        if self._line is not None:
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                logger.debug("it was closed already", extra={"detail": repr(error)})


def _save(answer: http.client.HTTPResponse, target: Path, most: int) -> None:
    if answer.status != http.client.OK:
        said = f"The address answers {answer.status} {http.client.responses.get(answer.status, '')}".strip()
        raise BadInput("download_refused", f"{said}.", hint="Open it in a browser to see why.")
    if answer.getheader("Content-Encoding", "identity") != "identity":
        raise BadInput("download_refused", "The address sends its content packed, unasked.", hint="Upload the picture.")
    declared, size = answer.length, 0
    _check_size(declared or 0, most)
    with target.open("wb") as file:
        while piece := answer.read(_PIECE):
            size += len(piece)
            _check_size(size, most)
            file.write(piece)
    if declared is not None and size < declared:
        raise http.client.IncompleteRead(b"", declared - size)


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise BadInput("download_too_large", f"What lies there has more than {most // 1024**2} MiB.", hint="Shrink it.")


def _joined(url: str, following: str) -> str:
    try:
        return urljoin(url, following)
    except ValueError as error:
        raise BadInput("url_wrong", "The address leads on to one that can't be read.", hint="Use another.") from error


def _slow(place: Place) -> BadInput:
    return BadInput("download_slow", f"{place.host} took too long.", hint="Try again, or upload the picture.")


def _failed(place: Place) -> BadInput:
    return BadInput("download_failed", f"{place.host} broke the connection off.", hint="Try again, or upload it.")

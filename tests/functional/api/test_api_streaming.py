from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from video_pipeline.api.forms import FormParts, pull, read_upload_form
from video_pipeline.errors import BadInput

Receive = Callable[[], Awaitable[dict[str, Any]]]


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def in_thread(receive: Receive, use: Callable[[Iterator[bytes]], Any], idle: float = 10) -> Any:
    """What `use` makes, in another thread, of the body that `receive` gives on the event loop."""

    async def serve() -> Any:
        loop = asyncio.get_running_loop()
        request = Request({"type": "http", "headers": []}, receive)
        with ThreadPoolExecutor(1) as pool:
            return await loop.run_in_executor(pool, lambda: use(pull(request, loop, idle=idle)))

    return asyncio.run(serve())


def test_pieces_come_in_order_and_only_when_they_are_asked_for() -> None:
    given: list[int] = []

    async def receive() -> dict[str, Any]:
        given.append(len(given))
        return piece(b"%d" % len(given), more=len(given) < 4)

    def use(pieces: Iterator[bytes]) -> list[bytes]:
        first = next(pieces)
        assert len(given) == 1
        return [first, *filter(None, pieces)]

    assert in_thread(receive, use) == [b"1", b"2", b"3", b"4"]


def test_a_client_that_goes_away_breaks_the_upload_off() -> None:
    messages = iter([piece(b"half"), {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    with pytest.raises(BadInput) as caught:
        in_thread(receive, list)
    assert caught.value.code == "upload_broken_off"


def test_a_client_that_falls_silent_is_not_waited_for_for_ever() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(BadInput) as caught:
        in_thread(receive, list, idle=0.05)
    assert caught.value.code == "upload_stalled"


def a_form(*parts: tuple[str, bytes]) -> bytes:
    written = [
        b'--sep\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in parts
    ]
    return b"".join(written) + b"--sep--\r\n"


KIND = "multipart/form-data; boundary=sep"
contents = st.lists(st.binary(max_size=200).filter(lambda data: b"--sep" not in data), max_size=4)


@given(contents, st.integers(min_value=1, max_value=60))
def test_parts_are_the_same_however_the_body_is_cut(content: list[bytes], size: int) -> None:
    body = a_form(*((f"f{number}", data) for number, data in enumerate(content)))
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    found = [(part.name, b"".join(part.data)) for part in FormParts(KIND, chunks)]
    assert found == [(f"f{number}", data) for number, data in enumerate(content)]


def test_what_is_not_read_of_a_part_is_skipped() -> None:
    body = a_form(("one", b"x" * 500), ("two", b"y"))
    names = [(part.name, next(part.data)[:1]) for part in FormParts(KIND, [body[:100], body[100:]])]
    assert names == [("one", b"x"), ("two", b"y")]


def test_the_files_bytes_are_not_read_before_they_are_asked_for() -> None:
    body = b'--sep\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    taken: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number, chunk in enumerate([body, b"a" * 1000, b"b" * 1000, b"\r\n--sep--\r\n"]):
            taken.append(number)
            yield chunk

    form = read_upload_form(KIND, chunks())
    assert (form.filename, taken) == ("a.mp4", [0])
    assert next(form.pieces)[:1] == b"a"
    assert taken == [0, 1]
    assert b"".join(form.pieces)[-1:] == b"b"

"""The front keeps API Gateway's limits and answers in its place when the function does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from local.front.gateway import Gateway, Invoke


def answering(payload: Any, *, failed: bool = False) -> Invoke:
    return lambda _: (json.dumps(payload).encode(), failed)


def refusing(error: Exception) -> Invoke:
    def invoke(_: bytes) -> tuple[bytes, bool]:
        raise error

    return invoke


def denied(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")


async def ask(gateway: Gateway, method: str = "GET", **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://front") as client:
        return await client.request(method, "/path", **request)


@pytest.fixture
def run() -> Callable[..., httpx.Response]:
    import asyncio

    return lambda gateway, method="GET", **request: asyncio.run(ask(gateway, method, **request))


@pytest.fixture
def held() -> Iterator[Invoke]:
    """Answers when the test is over."""
    over = threading.Event()

    def invoke(_: bytes) -> tuple[bytes, bool]:
        over.wait(30)
        return b"{}", False

    yield invoke
    over.set()


def test_the_functions_answer_is_given_back(run: Callable[..., httpx.Response]) -> None:
    events: list[Any] = []

    def invoke(payload: bytes) -> tuple[bytes, bool]:
        events.append(json.loads(payload))
        return json.dumps({"statusCode": 418, "headers": {"X-A": "b"}, "body": "short"}).encode(), False

    reply = run(Gateway(invoke), "PUT", content=b"tea", headers={"Content-Type": "text/plain"})
    assert (reply.status_code, reply.text, reply.headers["x-a"]) == (418, "short", "b")
    assert reply.headers["content-length"] == "5"
    assert (events[0]["requestContext"]["http"]["method"], events[0]["body"]) == ("PUT", "tea")


def test_a_head_request_has_no_body_but_its_length(run: Callable[..., httpx.Response]) -> None:
    reply = run(Gateway(answering({"statusCode": 200, "body": "12345"})), "HEAD")
    assert (reply.content, reply.headers["content-length"]) == (b"", "5")


def test_an_answer_without_content_has_no_length(run: Callable[..., httpx.Response]) -> None:
    reply = run(Gateway(answering({"statusCode": 204})))
    assert (reply.status_code, "content-length" in reply.headers) == (204, False)


def test_a_body_at_the_limit_passes_and_one_beyond_it_does_not(run: Callable[..., httpx.Response]) -> None:
    asked: list[bytes] = []

    def invoke(payload: bytes) -> tuple[bytes, bool]:
        asked.append(payload)
        return b'{"statusCode": 200}', False

    gateway = Gateway(invoke, most_bytes=10)
    assert run(gateway, "POST", content=b"x" * 10).status_code == 200
    reply = run(gateway, "POST", content=b"x" * 11)
    assert (reply.status_code, reply.json()) == (413, {"message": "Request Entity Too Large"})
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("invoke", "status", "message"),
    [
        pytest.param(answering({"errorMessage": "x"}, failed=True), 500, "Internal Server Error", id="it failed"),
        pytest.param(answering({"statusCode": 999}), 500, "Internal Server Error", id="no status"),
        pytest.param(answering({"statusCode": [1]}), 500, "Internal Server Error", id="no number"),
        pytest.param(answering({"statusCode": 200, "headers": [1]}), 500, "Internal Server Error", id="no headers"),
        pytest.param(lambda _: (b"<html>", False), 500, "Internal Server Error", id="no JSON"),
        pytest.param(refusing(denied("TooManyRequestsException")), 503, "Service Unavailable", id="throttled"),
        pytest.param(refusing(denied("RequestTooLargeException")), 413, "Request Entity Too Large", id="too large"),
        pytest.param(refusing(denied("ResourceNotFoundException")), 500, "Internal Server Error", id="no function"),
        pytest.param(refusing(ConnectTimeoutError(endpoint_url="x")), 503, "Service Unavailable", id="no Lambda"),
    ],
)
def test_what_goes_wrong_is_answered_as_api_gateway_does(
    run: Callable[..., httpx.Response], invoke: Invoke, status: int, message: str
) -> None:
    reply = run(Gateway(invoke))
    assert (reply.status_code, reply.json()) == (status, {"message": message})


def test_nobody_waits_longer_than_the_limit(run: Callable[..., httpx.Response], held: Invoke) -> None:
    reply = run(Gateway(held, seconds=0.05))
    assert (reply.status_code, reply.json()) == (503, {"message": "Service Unavailable"})

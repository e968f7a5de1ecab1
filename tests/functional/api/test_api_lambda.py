from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.question_api import handler as unit


def request(method: str, path: str, *, headers: dict[str, str], body: bytes | None = None) -> dict[str, Any]:
    """An HTTP API event, payload format 2.0."""
    http = {
        "method": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "test",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example", "x-forwarded-proto": "https", **headers},
        "requestContext": {"http": http, "stage": "$default", "requestId": "id", "apiId": "api"},
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }


@pytest.fixture
def call(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # The adapter runs requests on the thread's event loop, as Lambda keeps one from call to call.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    adapter = unit.adapter(world.deps)
    monkeypatch.setattr(unit, "application", lambda: adapter)
    context: Any = None
    yield lambda *given, **named: unit.handler(request(*given, **named), context)
    asyncio.set_event_loop(None)
    loop.close()


def test_api_gateway_gets_the_same_answers(world: Any, call: Any) -> None:
    world.put_video("Lunch is at noon.")
    headers = {"x-api-key": world.key, "content-type": "application/json"}
    answer = call("POST", "/api/v1/query", headers=headers, body=b'{"query": "When is lunch?"}')
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"])["answer"] == "“Lunch is at noon.” [1]"


def test_a_small_form_passes_through_api_gateway(world: Any, call: Any) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n\x00\xff\r\n--B--\r\n'
    headers = {"x-api-key": world.key, "content-type": "multipart/form-data; boundary=B"}
    answer = call("POST", "/api/v1/upload", headers=headers, body=body)
    assert answer["statusCode"] == 201
    assert [data for data, _ in world.objects.kept.values()] == [b"\x00\xff"]


def test_a_problem_reaches_api_gateway_as_one(world: Any, call: Any) -> None:
    answer = call("GET", "/api/v1/jobs", headers={})
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "api_key_missing")
    assert answer["headers"]["content-type"] == "application/problem+json"


def test_what_the_client_has_is_not_sent_through_api_gateway(world: Any, call: Any) -> None:
    path = f"/api/v1/videos/{world.put_video('One.')}/transcript"
    first = call("GET", path, headers={"x-api-key": world.key})
    again = call("GET", path, headers={"x-api-key": world.key, "if-none-match": first["headers"]["etag"]})
    assert (first["statusCode"], again["statusCode"], again["body"]) == (200, 304, "")

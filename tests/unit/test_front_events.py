"""Requests and answers pass through the front as they do through API Gateway, judged by the deployed side's adapter."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from mangum import Mangum
from starlette.applications import Starlette
from starlette.requests import Request as AppRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.front.events import Request, event_of, reply_of


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """The adapter takes the one it finds, and leaves it open."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


def asked(
    *, method: str = "POST", path: str = "/a/b", query: str = "", body: bytes = b"", **headers: str | list[str]
) -> Request:
    pairs: list[tuple[bytes, bytes]] = [(b"host", b"front.local:8080")]
    for name, values in headers.items():
        every = [values] if isinstance(values, str) else values
        pairs += [(name.replace("_", "-").encode(), value.encode("latin-1")) for value in every]
    return Request(method, path, query, pairs, "127.0.0.1", body)


async def _tell(request: AppRequest) -> Response:
    told = {
        "method": request.method,
        "path": request.url.path,
        "query": request.url.query,
        "body": base64.b64encode(await request.body()).decode(),
        "cookies": request.cookies,
        "type": request.headers.get("content-type"),
        "twice": request.headers.get("x-twice"),
        "host": request.headers["host"],
        "client": request.client.host if request.client else None,
    }
    return JSONResponse(told, 201, headers={"X-Told": "yes"})


async def _picture(_: AppRequest) -> Response:
    response = Response(bytes(range(256)), media_type="image/png")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


APPLICATION = Starlette(
    routes=[
        Route("/picture", _picture),
        Route("/{rest:path}", _tell, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]
)


def through(request: Request) -> Any:
    """By way of the adapter that the deployed function has."""
    event = json.loads(json.dumps(event_of(request)))
    return reply_of(json.loads(json.dumps(Mangum(APPLICATION, lifespan="off")(event, None))))


def told(request: Request) -> Any:
    reply = through(request)
    assert reply.status == 201
    assert (b"x-told", b"yes") in reply.headers
    return json.loads(reply.body)


def test_the_application_gets_what_was_asked() -> None:
    seen = told(
        asked(
            path="/videos/ü n", query="q=a%20b&q=c&empty=", body=b'{"a": "\xc3\xa4"}', content_type="application/json"
        )
    )
    assert (seen["method"], seen["query"]) == ("POST", "q=a%20b&q=c&empty=")
    assert seen["path"] in ("/videos/ü n", "/videos/%C3%BC%20n")
    assert base64.b64decode(seen["body"]) == b'{"a": "\xc3\xa4"}'
    assert (seen["type"], seen["host"], seen["client"]) == ("application/json", "front.local:8080", "127.0.0.1")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        pytest.param(bytes(range(256)), "application/octet-stream", id="bytes"),
        pytest.param(b"\xff\xfe", "text/plain", id="text that is none"),
        pytest.param(b"a=1", "application/x-www-form-urlencoded", id="a form"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_any_body_arrives_whole(body: bytes, media_type: str) -> None:
    assert base64.b64decode(told(asked(body=body, content_type=media_type))["body"]) == body


def test_text_is_passed_as_text_and_all_else_in_base64() -> None:
    assert event_of(asked(body=b"text", content_type="text/vtt"))["body"] == "text"
    event = event_of(asked(body=b"\x00", content_type="image/png"))
    assert (event["body"], event["isBase64Encoded"]) == ("AA==", True)
    assert "body" not in event_of(asked(method="GET"))


def test_cookies_and_headers_that_come_twice_arrive() -> None:
    request = asked(method="GET", cookie=["a=1; b=2", "c=3"], x_twice=["one", "two"])
    event = event_of(request)
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]
    seen = told(request)
    assert (seen["cookies"], seen["twice"]) == ({"a": "1", "b": "2", "c": "3"}, "one,two")


def test_an_event_says_what_api_gateway_says() -> None:
    event = event_of(asked(method="GET", path="/p", query="a=1&a=2&b=", user_agent="curl"))
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/p")
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    context = event["requestContext"]
    assert context["http"] == {
        "method": "GET",
        "path": "/p",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "curl",
    }
    assert (context["domainName"], context["stage"], len(context["requestId"])) == ("front.local", "$default", 36)


def test_a_picture_and_its_cookies_come_back() -> None:
    reply = through(asked(method="GET", path="/picture"))
    assert (reply.status, reply.body) == (200, bytes(range(256)))
    assert (b"content-type", b"image/png") in reply.headers
    cookies = [value for name, value in reply.headers if name == b"set-cookie"]
    assert [cookie.split(b";")[0] for cookie in cookies] == [b"a=1", b"b=2"]
    assert b"content-length" not in dict(reply.headers)


@pytest.mark.parametrize(
    ("answer", "body"),
    [({"any": 1}, b'{"any": 1}'), ("text", b"text"), ([1], b"[1]"), (None, b"null")],
)
def test_an_answer_without_a_status_is_the_body_of_a_success(answer: Any, body: bytes) -> None:
    reply = reply_of(answer)
    assert (reply.status, reply.body) == (200, body)
    assert (b"content-type", b"application/json") in reply.headers


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"statusCode": "soon"}, id="no number"),
        pytest.param({"statusCode": 42}, id="no status"),
        pytest.param({"statusCode": 200, "body": "%", "isBase64Encoded": True}, id="no base64"),
        pytest.param({"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c"}}, id="a header of two lines"),
        pytest.param({"statusCode": 200, "headers": {"a": "\u2026"}}, id="a header of other letters"),
    ],
)
def test_an_answer_that_can_not_be_sent_is_told_apart(answer: Any) -> None:
    with pytest.raises(ValueError):
        reply_of(answer)

"""HTTP requests as API Gateway hands them to a function, and a function's answer as API Gateway hands it back.

Payload format 2.0 of an HTTP API with the one route `$default`, without an authorizer.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

from local.resources import ACCOUNT

Headers = Sequence[tuple[bytes, bytes]]
_TEXT: Final = ("text/", "application/json", "application/xml", "application/javascript", "application/graphql")
# Of one connection, not of the answer.
_OWN: Final = ("connection", "content-length", "keep-alive", "transfer-encoding", "upgrade")


@dataclass(frozen=True)
class Request:
    """`path` is decoded, `query` as it came; names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: Headers
    client: str
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What goes back to the client."""

    status: int
    headers: Headers
    body: bytes


def refusal(status: int, message: str) -> Reply:
    """What API Gateway answers by itself."""
    body = json.dumps({"message": message}).encode()
    return Reply(status, [(b"content-type", b"application/json")], body)


# ------------------------------------------------------------------------------------------- requests
def event_of(request: Request) -> dict[str, Any]:
    """Values of a header or query parameter that comes several times are joined by commas, cookies stand apart."""
    headers = _joined((_text(name), _text(value)) for name, value in request.headers if name != b"cookie")
    cookies = [each for name, value in request.headers if name == b"cookie" for each in _text(value).split("; ")]
    parameters = _joined(parse_qsl(request.query, keep_blank_values=True))
    body, encoded = _readable(request.body, headers.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": {**headers, "x-forwarded-for": request.client, "x-forwarded-proto": "http"},
        "requestContext": _context(request, headers),
        "isBase64Encoded": encoded,
    }
    optional = {"cookies": cookies, "queryStringParameters": parameters, "body": body}
    return event | {name: value for name, value in optional.items() if value}


def _context(request: Request, headers: dict[str, str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    host = headers.get("host", "").partition(":")[0]
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _readable(body: bytes, media_type: str) -> tuple[str, bool]:
    """As text where that is what it says it is, else in base64."""
    if media_type.startswith(_TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return b64encode(body).decode(), bool(body)


def _text(header: bytes) -> str:
    return header.decode("latin-1")


# -------------------------------------------------------------------------------------------- answers
def reply_of(answer: Any) -> Reply:
    """Anything but an object with a `statusCode` is the body of a 200. Raises `ValueError` for what can't be sent."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Reply(200, [(b"content-type", b"application/json")], text.encode())
    status = int(answer["statusCode"])
    if not 200 <= status <= 599:
        raise ValueError(f"{status} is no status of an answer")
    body = str(answer.get("body") or "")
    content = b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    return Reply(status, _headers(answer), content)


def _headers(answer: dict[str, Any]) -> Headers:
    given = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    given.setdefault("content-type", "text/plain; charset=utf-8")
    own = [(name, value) for name, value in given.items() if name not in _OWN]
    own += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or ()]
    if any(ending in part for header in own for part in header for ending in "\r\n"):
        raise ValueError("a header of several lines")
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in own]

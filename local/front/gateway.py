"""The ASGI application that asks the function for each request, within API Gateway's limits."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.front.events import Reply, Request, event_of, refusal, reply_of
from local.resources import session

log = logging.getLogger(__name__)
MOST_BYTES: Final = 10 * 1024 * 1024
SECONDS: Final = 30.0
AT_ONCE: Final = 32
_TOO_LARGE: Final = ("RequestTooLargeException", "RequestEntityTooLargeException", "413")
_THROTTLED: Final = ("TooManyRequestsException", "ThrottlingException", "EC2ThrottledException")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Gives what the function answered, and whether that is an error. Raises botocore's errors.
Invoke = Callable[[bytes], tuple[bytes, bool]]


class Gateway:
    """Every path and method goes to the function."""

    def __init__(self, invoke: Invoke, *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES) -> None:
        self._invoke = invoke
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="invoke")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await self._body(receive)
        reply = refusal(413, "Request Entity Too Large") if body is None else await self._ask(_request(scope, body))
        content = b"" if scope["method"] == "HEAD" else reply.body
        length = (b"content-length", str(len(reply.body)).encode())
        headers = [*reply.headers] if reply.status in (204, 304) else [*reply.headers, length]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _body(self, receive: Receive) -> bytes | None:
        """None: it is too large. The rest of it is read and dropped, so that the client gets to read the answer."""
        pieces, size, more = [], 0, True
        while more:
            message = await receive()
            piece = message.get("body", b"")
            size += len(piece)
            if size <= self._most_bytes:
                pieces.append(piece)
            more = message.get("more_body", False)
        return b"".join(pieces) if size <= self._most_bytes else None

    async def _ask(self, request: Request) -> Reply:
        payload = json.dumps(event_of(request)).encode()
        loop = asyncio.get_running_loop()
        try:
            asked = loop.run_in_executor(self._threads, self._invoke, payload)
            answer, failed = await asyncio.wait_for(asked, self._seconds)
            return _failure() if failed else reply_of(json.loads(answer))
        except TimeoutError:
            return refusal(503, "Service Unavailable")
        except (BotoCoreError, ClientError) as error:
            return _not_asked(error)
        except (ValueError, TypeError, AttributeError):
            log.exception("the function's answer can't be sent")
            return _failure()


def _failure() -> Reply:
    return refusal(500, "Internal Server Error")


def _not_asked(error: BotoCoreError | ClientError) -> Reply:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in _TOO_LARGE:
        return refusal(413, "Request Entity Too Large")
    log.warning("the function can't be invoked: %s", error)
    return refusal(503, "Service Unavailable") if not code or code in _THROTTLED else _failure()


def _request(scope: Message, body: bytes) -> Request:
    client = scope.get("client") or ("",)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=list(scope["headers"]),
        client=str(client[0]),
        body=body,
    )


def invoking(function: str, endpoint: str, region: str) -> Invoke:
    """By Lambda's interface at `endpoint`."""
    config = Config(read_timeout=SECONDS + 5, max_pool_connections=AT_ONCE, retries={"max_attempts": 0}, proxies={})
    client: Any = session(region).client("lambda", endpoint_url=endpoint, config=config)

    def invoke(payload: bytes) -> tuple[bytes, bool]:
        answer = client.invoke(FunctionName=function, Payload=payload)
        return answer["Payload"].read(), bool(answer.get("FunctionError"))

    return invoke

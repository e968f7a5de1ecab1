"""Functions that Lambda runs: what it answers is told apart from what keeps it from answering."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.pump.answers import Answer, NotInvoked
from local.pump.remote import LambdaApi


class Lambda(BaseHTTPRequestHandler):
    """Answers by the function's name."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, Any]]
    over: threading.Event

    def do_POST(self) -> None:
        name = self.path.split("/")[3]
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append((name, event))
        if name == "slow":
            self.over.wait(30)
        status, headers, body = {
            "fails": (200, {"X-Amz-Function-Error": "Unhandled"}, {"errorType": "E", "errorMessage": "m"}),
            "busy": (429, {"x-amzn-errortype": "TooManyRequestsException"}, {"Message": "Rate Exceeded."}),
            "odd": (200, {}, None),
        }.get(name, (200, {}, {"seen": event}))
        content = b"<html>" if name == "odd" else json.dumps(body).encode()
        self.send_response(status)
        for header, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[tuple[LambdaApi, type[Lambda]]]:
    handler = type("Bound", (Lambda,), {"asked": [], "over": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield LambdaApi(f"http://127.0.0.1:{server.server_address[1]}", "us-east-1"), handler
        finally:
            handler.over.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def lambda_() -> Iterator[tuple[LambdaApi, type[Lambda]]]:
    with serving() as made:
        yield made


def test_the_answer_comes_back(lambda_: tuple[LambdaApi, type[Lambda]]) -> None:
    api, seen = lambda_
    assert api.invoke("any", {"n": 1}) == Answer(payload={"seen": {"n": 1}})
    assert seen.asked == [("any", {"n": 1})]


def test_a_failed_function_is_an_error(lambda_: tuple[LambdaApi, type[Lambda]]) -> None:
    assert lambda_[0].invoke("fails", {}) == Answer(error={"errorType": "E", "errorMessage": "m"})


@pytest.mark.parametrize("name", ["busy", "odd"])
def test_what_was_not_invoked_is_no_answer_and_asked_once(lambda_: tuple[LambdaApi, type[Lambda]], name: str) -> None:
    api, seen = lambda_
    with pytest.raises(NotInvoked):
        api.invoke(name, {})
    assert len(seen.asked) == 1


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(NotInvoked):
        LambdaApi("http://127.0.0.1:9", "us-east-1").invoke("any", {})


def test_draining_waits_for_what_was_asked(lambda_: tuple[LambdaApi, type[Lambda]]) -> None:
    api, seen = lambda_
    thread = threading.Thread(target=api.invoke, args=("slow", {}))
    thread.start()
    try:
        while api.drain(0):
            pass
        assert not api.drain(0.01)
    finally:
        seen.over.set()
    assert api.drain(20)
    thread.join()

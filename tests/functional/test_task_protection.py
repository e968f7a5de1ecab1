"""Scale-in protection against an agent that is really asked over HTTP."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Semaphore, Thread
from typing import Any

import pytest
import urllib3

from containers.processor.protection import LASTS, Protection

TASK = "arn:aws:ecs:us-east-1:123456789012:task/processing-dev/0a1b"
ON = {"ProtectionEnabled": True, "ExpiresInMinutes": 15}
OFF = {"ProtectionEnabled": False}

Answer = Callable[[dict[str, Any]], tuple[int, object]]


def granted(asked: dict[str, Any]) -> tuple[int, object]:
    return 200, {"protection": {"ProtectionEnabled": asked["ProtectionEnabled"], "TaskArn": TASK}}


def refused(_: dict[str, Any]) -> tuple[int, object]:
    """As the agent passes on what ECS says: with 200."""
    return 200, {"failure": {"Arn": TASK, "Detail": "deployment at hand", "Reason": "DEPLOYMENT_BLOCKED"}}


def invalid(_: dict[str, Any]) -> tuple[int, object]:
    failure = {"Arn": TASK, "Detail": None, "Reason": "TASK_NOT_VALID"}
    return 400, {"requestID": "1", "failure": failure}


def throttled(_: dict[str, Any]) -> tuple[int, object]:
    return 400, {"requestID": "1", "error": {"Arn": TASK, "Code": "ThrottlingException", "Message": "Rate exceeded"}}


@dataclass
class Agent:
    """The container agent's endpoint; it answers as `answer` says and notes what it was asked."""

    url: str = ""
    answer: Answer = granted
    requests: list[tuple[str, str, str, object]] = field(default_factory=list)

    @property
    def asked(self) -> list[object]:
        return [body for *_, body in self.requests]


@pytest.fixture
def agent() -> Iterator[Agent]:
    double = Agent()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            double.requests.append((self.command, self.path, self.headers["Content-Type"], body))
            status, answer = double.answer(body)
            written = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    double.url = f"http://127.0.0.1:{server.server_port}/api/0a1b"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield double
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def protection(agent: Agent, clock: Clock) -> Protection:
    return Protection(agent.url, clock=clock)


def test_it_is_asked_for_when_work_begins_and_given_back_when_it_ends(agent: Agent, protection: Protection) -> None:
    with protection.held():
        assert agent.requests == [("PUT", "/api/0a1b/task-protection/v1/state", "application/json", ON)]
    assert agent.asked == [ON, OFF]


def test_several_jobs_need_one_and_the_last_gives_it_back(agent: Agent, protection: Protection) -> None:
    with protection.held():
        with protection.held():
            pass
        assert agent.asked == [ON]
    assert agent.asked == [ON, OFF]


def test_a_failing_job_gives_it_back_as_well(agent: Agent, protection: Protection) -> None:
    with pytest.raises(KeyError), protection.held():
        raise KeyError
    assert agent.asked == [ON, OFF]


def test_heartbeats_renew_it_long_before_it_ends_and_not_each_time(
    agent: Agent, protection: Protection, clock: Clock
) -> None:
    with protection.held():
        asked_at = []
        for _ in range(240):
            clock.now += 15
            before = len(agent.requests)
            protection.tend()
            if len(agent.requests) > before:
                asked_at.append(clock.now)
        assert agent.asked == [ON] * (1 + len(asked_at))
    gaps = [later - earlier for earlier, later in zip([1000.0, *asked_at], asked_at, strict=False)]
    assert len(asked_at) == 11
    assert max(gaps) < LASTS / 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refused, "DEPLOYMENT_BLOCKED"),
        (invalid, "TASK_NOT_VALID"),
        (throttled, "ThrottlingException"),
        (lambda _: (500, b"the agent is not well"), "http_500"),
        (lambda asked: (503, granted(asked)[1]), "http_503"),
        (lambda _: (200, b"<html>"), "http_200"),
        (lambda _: (200, [1]), "http_200"),
        (lambda _: (200, {"protection": None}), "http_200"),
        (lambda _: (200, {"protection": {"ProtectionEnabled": False}}), "http_200"),
    ],
)
def test_a_refusal_is_logged_with_its_reason_and_the_next_heartbeat_asks_again(
    answer: Answer,
    reason: str,
    agent: Agent,
    protection: Protection,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    agent.answer = answer
    with caplog.at_level(logging.WARNING), protection.held():
        assert [record.reason for record in caplog.records] == [reason]
        clock.now += 15
        agent.answer = granted
        protection.tend()
        clock.now += 15
        protection.tend()
        assert agent.asked == [ON, ON]
    assert len(caplog.records) == 1


def test_what_could_not_be_given_back_is_given_back_in_the_next_idle_moment(
    agent: Agent, protection: Protection, clock: Clock
) -> None:
    with protection.held():
        agent.answer = throttled
    assert agent.asked == [ON, OFF]
    agent.answer = granted
    protection.tend()
    protection.tend()
    assert agent.asked == [ON, OFF, OFF]


def test_work_that_begins_before_it_could_be_given_back_asks_for_it_anew(
    agent: Agent, protection: Protection, clock: Clock
) -> None:
    with protection.held():
        agent.answer = throttled
    agent.answer = granted
    clock.now += 1
    with protection.held():
        assert agent.asked == [ON, OFF, ON]


def test_after_a_refusal_whose_outcome_is_unknown_it_is_given_back_all_the_same(
    agent: Agent, protection: Protection
) -> None:
    agent.answer = lambda _: (500, b"")
    with protection.held():
        agent.answer = granted
    assert agent.asked == [ON, OFF]


def test_what_ran_out_by_itself_is_not_given_back(agent: Agent, protection: Protection, clock: Clock) -> None:
    with protection.held():
        agent.answer = throttled
    clock.now += LASTS
    protection.tend()
    assert agent.asked == [ON, OFF]


def test_an_agent_that_is_not_there_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with caplog.at_level(logging.WARNING), Protection(address).held():
            pass
    assert [record.reason for record in caplog.records] == ["NewConnectionError"] * 2


@pytest.mark.parametrize("address", ["http://", "http://[::1/", "nonsense://x"])
def test_an_address_that_is_none_harms_nothing(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Protection(address).held():
        pass
    assert len(caplog.records) == 2


def test_an_agent_that_does_not_answer_is_not_waited_for(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("containers.processor.protection._TIMEOUT", urllib3.Timeout(0.05))
    over = Event()

    def slow(asked: dict[str, Any]) -> tuple[int, object]:
        over.wait(10)
        return granted(asked)

    agent.answer = slow
    with caplog.at_level(logging.WARNING), Protection(agent.url).held():
        assert [record.reason for record in caplog.records] == ["ReadTimeoutError"]
    over.set()


def test_those_who_waited_for_a_failing_agent_do_not_each_wait_again(agent: Agent) -> None:
    inside, answering, leaving = Semaphore(0), Event(), Event()
    protection = Protection(agent.url)

    def failing(_: dict[str, Any]) -> tuple[int, object]:
        answering.wait(10)
        return 500, b""

    def job() -> None:
        with protection.held():
            inside.release()
            leaving.wait(10)

    agent.answer = failing
    jobs = [Thread(target=job) for _ in range(3)]
    for thread in jobs:
        thread.start()
    while protection._at_work < 3:
        time.sleep(0.001)
    protection.tend()  # a heartbeat meanwhile: it returns although the agent is busy
    answering.set()
    assert all(inside.acquire(timeout=10) for _ in jobs)
    assert agent.asked == [ON]
    leaving.set()
    for thread in jobs:
        thread.join(10)


def test_without_an_agent_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("urllib3.PoolManager.request", lambda *_, **__: pytest.fail("somebody was asked"))
    protection = Protection(None)
    with protection.held():
        protection.tend()
    assert not caplog.records

"""The worker's loop holds the task's protection exactly while it has a message in hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast
from uuid import uuid4

import pytest

from containers.processor.loop import Pace, Worker
from containers.processor.protection import Protection
from video_pipeline.model import QueueMessage
from video_pipeline.ports import Claimed, Jobs, Queue
from video_pipeline.processing import Processing


@dataclass
class Log:
    """Everybody's doings in their order."""

    said: list[str] = field(default_factory=list)
    waiting: list[QueueMessage] = field(default_factory=list)
    work: Callable[[], None] = lambda: None
    beaten: Event = field(default_factory=Event)

    # the queue
    def receive(self, **_: Any) -> list[QueueMessage]:
        self.said.append("receive")
        return [self.waiting.pop()] if self.waiting else []

    def delete(self, _: QueueMessage) -> None:
        self.said.append("delete")

    def extend(self, *_: Any) -> None:
        pass

    # the protection
    @contextmanager
    def held(self) -> Iterator[None]:
        self.said.append("protect")
        try:
            yield
        finally:
            self.said.append("release")

    def tend(self) -> None:
        self.said.append("tend")
        self.beaten.set()


def worker(log: Log) -> Worker:
    class Ledger:
        def claim(self, *_: Any, **__: Any) -> Claimed:
            log.said.append("claim")
            return Claimed(cast("Any", type("Job", (), {"id": uuid4()})))

        def beat(self, *_: Any) -> bool:
            return True

    class Work:
        def work(self, *_: Any) -> None:
            log.said.append("work")
            log.work()

    return Worker(
        "w1",
        cast("Jobs", Ledger()),
        cast("Queue", log),
        cast("Processing", Work()),
        Event(),
        Pace(heartbeat=0.001, visibility=60, poll=0),
        cast("Protection", log),
    )


def message() -> QueueMessage:
    return QueueMessage(id="m1", receipt="r", body=json.dumps({"job_id": str(uuid4())}))


def without_beats(log: Log) -> list[str]:
    return [each for each in log.said if each != "tend"]


def test_protection_is_taken_after_the_message_and_before_the_claim_and_released_after_all() -> None:
    log = Log(waiting=[message()])
    worker(log).turn()
    assert without_beats(log) == ["receive", "protect", "claim", "work", "delete", "release"]


def test_a_worker_that_only_waits_is_not_protected_and_tidies_up() -> None:
    log = Log()
    worker(log).turn()
    assert log.said == ["receive", "tend"]


def test_heartbeats_tend_it() -> None:
    log = Log(waiting=[message()])

    def long_work() -> None:
        for _ in range(2):  # the first may have begun before the work
            log.beaten.clear()
            assert log.beaten.wait(10)

    log.work = long_work
    worker(log).turn()
    assert "tend" in log.said[log.said.index("work") : log.said.index("delete")]


def test_it_is_released_when_the_work_breaks() -> None:
    log = Log(waiting=[message()])

    def broken() -> None:
        raise ZeroDivisionError

    log.work = broken
    with pytest.raises(ZeroDivisionError):
        worker(log).turn()
    assert without_beats(log)[-1] == "release"

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from containers.processor.loop import Pace, Worker
from video_pipeline.errors import Unavailable
from video_pipeline.model import Job, JobOptions, JobStatus, ObjectRef, QueueMessage, Source
from video_pipeline.ports import Claimed, Jobs, NotNow, Settled
from video_pipeline.processing import Processing

PACE = Pace(heartbeat=0.02, visibility=60, poll=0)


def job(job_id: UUID) -> Job:
    now = datetime.now(UTC)
    source = Source(kind="object", media=ObjectRef(bucket="b", key="k"), filename="k")
    return Job(
        id=job_id,
        status=JobStatus.PROCESSING,
        stage="fetch",
        progress=0,
        source=source,
        options=JobOptions(),
        attempt=1,
        created_at=now,
        updated_at=now,
    )


@dataclass
class FakeQueue:
    waiting: list[QueueMessage]
    deleted: list[str] = field(default_factory=list)
    extended: list[tuple[str, int]] = field(default_factory=list)

    def receive(self, *, most: int = 1, wait: int = 20, visibility: int | None = None) -> list[QueueMessage]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def extend(self, message: QueueMessage, seconds: int) -> None:
        self.extended.append((message.id, seconds))

    def delete(self, message: QueueMessage) -> None:
        self.deleted.append(message.id)

    def send(self, body: str, *, attributes: Mapping[str, str] | None = None) -> None:
        raise AssertionError

    def depth(self) -> Mapping[str, int]:
        raise AssertionError


@dataclass
class FakeJobs:
    """Answers claims in turn; the last one for ever."""

    claims: list[Claimed | NotNow | Settled]
    beats: list[bool | Exception] = field(default_factory=lambda: [True])
    asked: list[tuple[UUID, bool]] = field(default_factory=list)
    beaten: int = 0

    def claim(self, job_id: UUID, worker: str, *, redrive: bool = False) -> Claimed | NotNow | Settled:
        self.asked.append((job_id, redrive))
        return self.claims.pop(0) if len(self.claims) > 1 else self.claims[0]

    def beat(self, job_id: UUID, worker: str) -> bool:
        self.beaten += 1
        answer = self.beats.pop(0) if len(self.beats) > 1 else self.beats[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class FakeProcessing:
    do: Callable[[Callable[[], bool]], None] = lambda _: None
    worked: list[UUID] = field(default_factory=list)

    def work(self, given: Job, worker: str, alive: Callable[[], bool]) -> None:
        self.worked.append(given.id)
        self.do(alive)


def message(job_id: object, **attributes: str) -> QueueMessage:
    return QueueMessage(id="m1", receipt="r", body=json.dumps({"job_id": str(job_id)}), attributes=attributes)


def worker(queue: FakeQueue, jobs: FakeJobs, processing: FakeProcessing, stop: Event | None = None) -> Worker:
    return Worker("w1", cast("Jobs", jobs), queue, cast("Processing", processing), stop or Event(), PACE)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def test_a_claimed_job_is_worked_on_and_its_message_deleted() -> None:
    job_id = uuid4()
    queue, jobs, processing = FakeQueue([message(job_id)]), FakeJobs([Claimed(job(job_id))]), FakeProcessing()
    assert worker(queue, jobs, processing).drain() == 1
    assert (processing.worked, queue.deleted) == ([job_id], ["m1"])


def test_a_message_with_nothing_left_to_do_goes_without_work() -> None:
    queue, processing = FakeQueue([message(uuid4())]), FakeProcessing()
    worker(queue, FakeJobs([Settled("it is completed")]), processing).drain()
    assert (processing.worked, queue.deleted) == ([], ["m1"])


def test_a_redriven_message_says_so_when_claiming() -> None:
    jobs = FakeJobs([Settled("x")])
    worker(FakeQueue([message(uuid4(), redrive="true")]), jobs, FakeProcessing()).drain()
    assert [redrive for _, redrive in jobs.asked] == [True]


@pytest.mark.parametrize("body", ["", "not json", "[]", '"x"', "{}", '{"job_id": 7}', '{"job_id": "x"}'])
def test_a_message_that_names_no_job_is_left_for_the_dead_letter_queue(body: str) -> None:
    queue = FakeQueue([QueueMessage(id="m1", receipt="r", body=body)])
    worker(queue, FakeJobs([Settled("never asked")]), FakeProcessing()).drain()
    assert queue.deleted == []


def test_while_all_places_are_taken_the_message_is_held_and_not_received_again() -> None:
    job_id = uuid4()
    jobs = FakeJobs([NotNow(0.01, "limit"), NotNow(0.01, "limit"), Claimed(job(job_id))])
    queue, processing = FakeQueue([message(job_id)]), FakeProcessing()
    worker(queue, jobs, processing).drain()
    assert processing.worked == [job_id]
    assert queue.extended[:2] == [("m1", 60), ("m1", 60)]


def test_what_is_to_be_tried_later_is_put_back_until_then() -> None:
    queue, processing = FakeQueue([message(uuid4())]), FakeProcessing()
    worker(queue, FakeJobs([NotNow(30, "later")]), processing).drain()
    assert (processing.worked, queue.deleted, queue.extended) == ([], [], [("m1", 31)])


def test_the_heart_beats_beside_the_work_and_keeps_the_message_hidden() -> None:
    job_id = uuid4()
    jobs = FakeJobs([Claimed(job(job_id))], beats=[True, Unavailable("down", "Down."), True])
    queue = FakeQueue([message(job_id)])
    worker(queue, jobs, FakeProcessing(lambda _: until(lambda: jobs.beaten >= 4))).drain()
    assert len(queue.extended) >= 2
    assert queue.deleted == ["m1"]


def test_a_lost_lease_is_told_to_the_work() -> None:
    job_id = uuid4()
    jobs = FakeJobs([Claimed(job(job_id))], beats=[False])
    seen: list[bool] = []

    def work(alive: Callable[[], bool]) -> None:
        seen.append(alive())
        until(lambda: not alive())
        seen.append(alive())

    worker(FakeQueue([message(job_id)]), jobs, FakeProcessing(work)).drain()
    assert seen == [True, False]


def test_stopping_waits_for_the_job_at_hand_and_takes_no_other() -> None:
    job_id, stop, begun, go_on = uuid4(), Event(), Event(), Event()

    def work(_: Any) -> None:
        begun.set()
        assert go_on.wait(10)

    queue = FakeQueue([message(job_id), message(uuid4())])
    processing = FakeProcessing(work)
    thread = Thread(target=worker(queue, FakeJobs([Claimed(job(job_id))]), processing, stop).run)
    thread.start()
    assert begun.wait(10)
    stop.set()
    assert thread.is_alive()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert (len(processing.worked), len(queue.waiting)) == (1, 1)


def test_a_message_that_comes_while_stopping_is_given_back_at_once() -> None:
    stop = Event()
    stop.set()
    queue, processing = FakeQueue([message(uuid4())]), FakeProcessing()
    worker(queue, FakeJobs([Settled("never asked")]), processing, stop).turn()
    assert (queue.extended, queue.deleted, processing.worked) == ([("m1", 0)], [], [])


def test_a_failing_queue_pauses_the_worker_but_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containers.processor.loop._PAUSE", 0.01)
    stop, job_id = Event(), uuid4()
    queue, processing = FakeQueue([message(job_id)]), FakeProcessing(lambda _: stop.set())
    failures = iter([Unavailable("sqs_down", "Down."), Unavailable("sqs_down", "Down.")])
    receive = queue.receive

    def sometimes(**options: Any) -> list[QueueMessage]:
        for error in failures:
            raise error
        return receive(**options)

    monkeypatch.setattr(queue, "receive", sometimes)
    worker(queue, FakeJobs([Claimed(job(job_id))]), processing, stop).run()
    assert processing.worked == [job_id]

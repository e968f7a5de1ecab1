from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from video_pipeline.errors import Unavailable
from video_pipeline.model import Failure, Job, JobOptions, JobStatus, Message, ObjectRef, Source
from video_pipeline.ports import Ledger
from video_pipeline.summaries.orders import read_order
from video_pipeline.sweeping import Sweeping

NOW = datetime.now(UTC)


def job(stage: str = "chunk", *, age: float = 0, kind: str = "object", **changes: Any) -> Job:
    media = ObjectRef(bucket="b", key="k")
    source = Source.model_validate({"kind": kind, "media": media, "filename": "k", "upload_id": "u", "segments": 5})
    moment = NOW - timedelta(seconds=age)
    fields = {
        "id": uuid4(),
        "status": JobStatus.PROCESSING,
        "stage": stage,
        "progress": 0.5,
        "source": source,
        "options": JobOptions(),
        "video_id": uuid4(),
        "created_at": moment,
        "updated_at": moment,
    }
    return Job.model_validate({**fields, **changes})


@dataclass
class FakeJobs:
    gone: Sequence[Job] = ()
    still: Sequence[tuple[Job, int]] = ()
    uploads: Sequence[tuple[Job, list[int]]] = ()
    failed: dict[UUID, Failure] = field(default_factory=dict)
    completed: dict[UUID, str] = field(default_factory=dict)
    emitted: list[Message] = field(default_factory=list)

    def requeue_expired(self) -> list[UUID]:
        return []

    def exhausted(self) -> Sequence[Job]:
        return self.gone

    def stalled(self, older_than: float) -> Sequence[tuple[Job, int]]:
        return self.still

    def announce_again(self, job_id: UUID, *, emit: Sequence[Message]) -> None:
        self.emitted += emit

    def unfinished_uploads(self, **_: float) -> Sequence[tuple[Job, list[int]]]:
        return self.uploads

    def fail(self, job_id: UUID, failure: Failure, *, emit: Sequence[Message], seen: Job | None = None) -> bool:
        self.failed[job_id] = failure
        self.emitted += emit
        return True

    abandon_upload = fail

    def complete(self, job_id: UUID, *, note: str) -> bool:
        self.completed[job_id] = note
        return True


def sweep(jobs: FakeJobs, *, drain: Any = lambda _: 0) -> Mapping[str, int]:
    outbox = SimpleNamespace(drain=drain, prune=lambda _: 0)
    nothing = SimpleNamespace(prune=lambda: 0, forget=lambda: 0)
    mails = SimpleNamespace(doubt=lambda _: [], prune=lambda _: 0)
    parts = {"jobs": jobs, "outbox": outbox, "conversations": nothing, "analytics": nothing, "mails": mails}
    ledger = cast("Ledger", SimpleNamespace(**parts))
    return Sweeping(ledger, lambda _: None, lambda: 0, lambda: 0, segments_idle=1, stalled=1).sweep()


def test_a_job_whose_worker_vanished_each_time_is_ended_and_told() -> None:
    lost = job("fetch")
    jobs = FakeJobs(gone=[lost])
    assert sweep(jobs)["workers_lost"] == 1
    assert jobs.failed[lost.id].code == "worker_lost"
    told, letter = jobs.emitted
    assert json.loads(told.body)["type"] == "job.failed"
    assert (letter.destination, json.loads(letter.body)) == ("processing-dlq", {"job_id": str(lost.id)})


@pytest.mark.parametrize(("stage", "event"), [("chunk", "transcript.ready"), ("embed", "chunks.ready")])
def test_a_job_that_stands_still_is_announced_again(stage: str, event: str) -> None:
    jobs = FakeJobs(still=[(job(stage), 1)])
    sweep(jobs)
    assert [json.loads(each.body)["type"] for each in jobs.emitted] == [event]
    assert jobs.failed == {}


def test_a_summary_that_does_not_come_is_ordered_again_and_at_last_done_without() -> None:
    still = job("summarise", video_id=uuid4())
    jobs = FakeJobs(still=[(still, 1)])
    sweep(jobs)
    (order,) = jobs.emitted
    assert (order.destination, read_order(order.body).video_id) == ("summary-queue", still.video_id)
    jobs = FakeJobs(still=[(still, 5)])
    sweep(jobs)
    assert (jobs.failed, list(jobs.completed)) == ({}, [still.id])
    assert "summary" in jobs.completed[still.id]


def test_a_job_that_was_announced_often_enough_is_ended() -> None:
    stalled = job("embed")
    jobs = FakeJobs(still=[(stalled, 5)])
    sweep(jobs)
    assert jobs.failed[stalled.id].code == "stalled"


@pytest.mark.parametrize(("age", "code"), [(3600, None), (2 * 86_400, "transcription_lost")])
def test_a_transcription_is_waited_for_but_not_for_ever(age: float, code: str | None) -> None:
    waiting = job("transcribe", age=age, waiting_for="token")
    jobs = FakeJobs(still=[(waiting, 1)])
    sweep(jobs)
    assert (jobs.failed[waiting.id].code if jobs.failed else None) == code
    assert code or jobs.emitted == []


def test_an_upload_that_went_silent_names_what_is_missing() -> None:
    upload = job("receive", kind="segments")
    jobs = FakeJobs(uploads=[(upload, [1, 3])])
    assert sweep(jobs)["uploads_given_up"] == 1
    assert jobs.failed[upload.id].code == "segments_missing"
    assert "never came: 1, 3." in jobs.failed[upload.id].message


def test_a_grant_that_was_never_used_is_given_up() -> None:
    upload = job("receive", kind="upload")
    jobs = FakeJobs(uploads=[(upload, [])])
    sweep(jobs)
    assert jobs.failed[upload.id].code == "upload_missing"


def test_one_failing_part_does_not_keep_the_others_from_running() -> None:
    def down(_: object) -> int:
        raise Unavailable("kinesis_down", "Kinesis is down.")

    jobs = FakeJobs(gone=[job()])
    counts = sweep(jobs, drain=down)
    assert (counts["workers_lost"], counts["published"]) == (1, 0)

"""Cancelling, trying again and running again from a stage, on the real ledger."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.functional.api.doubles import MemoryObjects, Published
from tests.indexes import SPEC
from video_pipeline.database import Database
from video_pipeline.errors import Conflict, NotFound
from video_pipeline.model import (
    Chunk,
    Failure,
    JobOptions,
    JobStatus,
    ObjectRef,
    Source,
    TranscriptRecord,
    Video,
    identifier,
    video_identifier,
)
from video_pipeline.ports import Claimed, Settled, Submission
from video_pipeline.publishing import Publishing
from video_pipeline.steering import Steering
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.model import Passage

MEDIA = "media-bucket-test"
BROKEN = Failure(code="broken", message="It broke.")


class Place:
    """A ledger, a bucket, what was published, and the use case on them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = PostgresLedger(database)
        self.objects = MemoryObjects()
        self.published = Published()
        store: Any = self.objects
        self.steering = Steering(self.ledger, store, Publishing(self.ledger.outbox, self.published))

    def job(self, name: str = "film.mp4", *, kind: str = "object", ready: bool = True, **more: Any) -> UUID:
        media = self.objects.write(MEDIA, name, name.encode(), content_type="video/mp4")
        ref = media if ready else ObjectRef(bucket=MEDIA, key=name)
        source = Source.model_validate({"kind": kind, "media": ref, "filename": name, **more})
        ((job, _),) = self.ledger.jobs.submit([Submission(source, JobOptions(), ready)])
        self.messages()
        return job.id

    def claimed(self, name: str = "film.mp4") -> UUID:
        job_id = self.job(name)
        assert isinstance(self.ledger.jobs.claim(job_id, "w"), Claimed)
        return job_id

    def identified(self, job_id: UUID, content: str = "film") -> UUID:
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        video = Video(
            id=video_identifier(sha256),
            sha256=sha256,
            title=content,
            filename="film.mp4",
            media=ObjectRef(bucket=MEDIA, key="film.mp4"),
            job_id=job_id,
            created_at=datetime.now(UTC),
        )
        self.ledger.jobs.begin_stage(job_id, "fetch", "w")
        self.ledger.jobs.identify(job_id, "w", video)
        return video.id

    def transcribed(self, name: str = "film.mp4") -> tuple[UUID, UUID]:
        job_id = self.claimed(name)
        video_id = self.identified(job_id, name)
        record = TranscriptRecord(
            video_id=video_id,
            key="k",
            sha256="0" * 64,
            source="sidecar",
            engine="",
            quality="captions",
            segments=1,
            words=2,
        )
        assert self.ledger.jobs.transcript_ready(job_id, record, emit=(), worker="w")
        return job_id, video_id

    def cut(self, job_id: UUID, video_id: UUID) -> bool:
        passage = Passage(position=0, text="Two words.", start=0, end=1, tokens=2)
        chunk = Chunk(id=identifier("chunk", video_id, 0), video_id=video_id, passage=passage)
        index = self.ledger.indexes.serving(SPEC)
        return self.ledger.jobs.chunks_ready(job_id, [chunk], index_id=index.id, emit=())

    def completed(self, name: str = "film.mp4") -> tuple[UUID, UUID]:
        job_id, video_id = self.transcribed(name)
        assert self.cut(job_id, video_id)
        assert self.ledger.jobs.complete(job_id)
        self.messages()
        return job_id, video_id

    def messages(self) -> list[tuple[str, Any]]:
        """Destination and content of what was published since."""
        self.ledger.outbox.drain(self.published.publish)
        found = [(each.destination, json.loads(each.body)) for each in self.published.messages]
        self.published.messages.clear()
        return [(name, body.get("type", body)) for name, body in found]


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


# ------------------------------------------------------------------------------------------- cancelling
def test_a_cancelled_job_has_failed_with_that_reason_and_says_who(place: Place) -> None:
    job_id = place.job()
    job = place.steering.cancel(job_id, "ann")
    assert (job.status, job.failure and job.failure.code) == (JobStatus.FAILED, "cancelled")
    assert "ann" in str(job.failure)
    assert place.messages() == [("pipeline-stream", "job.failed")]
    assert place.ledger.jobs.claim(job_id, "w") == Settled("it is failed")


def test_a_worker_whose_job_is_cancelled_loses_it_at_the_next_heartbeat_and_may_write_nothing(place: Place) -> None:
    job_id = place.claimed()
    place.ledger.jobs.begin_stage(job_id, "fetch", "w")
    place.steering.cancel(job_id, "ann")
    assert not place.ledger.jobs.beat(job_id, "w")
    with pytest.raises(Conflict, match="no longer held"):
        place.ledger.jobs.begin_stage(job_id, "probe", "w")
    with pytest.raises(Conflict):
        place.ledger.jobs.fail(job_id, BROKEN, worker="w")
    (fetch,) = place.ledger.jobs.timeline(job_id)
    assert (fetch.status, fetch.failure and fetch.failure.code) == ("failed", "cancelled")


def test_functions_pass_over_a_cancelled_job(place: Place) -> None:
    job_id, video_id = place.transcribed()
    place.steering.cancel(job_id, "ann")
    assert place.ledger.jobs.enter(job_id, "chunk", "chunking") is None
    assert not place.cut(job_id, video_id)


def test_cancelling_twice_is_cancelling_once(place: Place) -> None:
    job_id = place.job()
    first = place.steering.cancel(job_id, "ann")
    place.messages()
    assert place.steering.cancel(job_id, "bob") == first
    assert place.messages() == []


def test_what_has_ended_in_another_way_can_not_be_cancelled(place: Place) -> None:
    job_id, _ = place.completed()
    with pytest.raises(Conflict) as raised:
        place.steering.cancel(job_id, "ann")
    assert raised.value.code == "job_finished"


def test_the_bytes_of_a_cancelled_upload_do_not_revive_it(place: Place) -> None:
    upload = place.job("a.mp4", kind="upload", ready=False, upload_id="1")
    raw = place.job("b.mp4", kind="segments", ready=False, upload_id="2", segments=1)
    place.steering.cancel(upload, "ann")
    place.steering.cancel(raw, "ann")
    assert not place.ledger.jobs.uploaded(upload, ObjectRef(bucket=MEDIA, key="a.mp4", etag="e"), 1)
    assert not place.ledger.jobs.wants_segment(raw, 0)
    assert place.ledger.jobs.segment_arrived(raw, 0) == (0, False)
    assert {place.ledger.jobs.get(each).status for each in (upload, raw)} == {JobStatus.FAILED}


def test_the_first_that_waits_for_the_film_takes_the_place_of_a_cancelled_job(place: Place) -> None:
    maker, second = place.claimed("a.mp4"), place.claimed("b.mp4")
    place.identified(maker)
    place.identified(second)
    place.messages()
    place.steering.cancel(maker, "ann")
    assert place.ledger.jobs.get(second).status is JobStatus.QUEUED
    assert ("processing-queue", {"job_id": str(second)}) in place.messages()


def test_cancelling_one_that_waits_leaves_the_others_waiting(place: Place) -> None:
    maker, second, third = (place.claimed(name) for name in ("a.mp4", "b.mp4", "c.mp4"))
    for each in (maker, second, third):
        place.identified(each)
    place.steering.cancel(second, "ann")
    assert place.ledger.jobs.get(third).waiting_for == f"job:{maker}"
    assert place.ledger.jobs.get(maker).status is JobStatus.PROCESSING


# -------------------------------------------------------------------------------------------- retrying
def test_a_job_that_failed_at_a_workers_stage_is_queued_with_all_its_attempts(place: Place) -> None:
    job_id = place.claimed()
    place.ledger.jobs.begin_stage(job_id, "fetch", "w")
    place.ledger.jobs.fail(job_id, BROKEN, worker="w")
    place.messages()
    job = place.steering.retry(job_id)
    assert (job.status, job.stage, job.attempt, job.failure) == (JobStatus.QUEUED, "fetch", 0, None)
    assert place.messages() == [("processing-queue", {"job_id": str(job_id)})]
    assert isinstance(place.ledger.jobs.claim(job_id, "w2"), Claimed)


@pytest.mark.parametrize(("stage", "event"), [("chunk", "transcript.ready"), ("embed", "chunks.ready")])
def test_a_job_that_failed_later_goes_on_where_it_failed(place: Place, stage: str, event: str) -> None:
    job_id, video_id = place.transcribed()
    if stage == "embed":
        place.cut(job_id, video_id)
    place.ledger.jobs.fail(job_id, BROKEN)
    place.messages()
    job = place.steering.retry(job_id)
    assert (job.status, job.stage) == (JobStatus.PROCESSING, stage)
    assert place.messages() == [("pipeline-stream", event)]
    assert place.ledger.jobs.enter(job_id, stage, "again") is not None


def test_a_cancelled_upload_that_is_retried_waits_for_its_bytes_again(place: Place) -> None:
    upload = place.job("a.mp4", kind="upload", ready=False, upload_id="1")
    place.steering.cancel(upload, "ann")
    place.messages()
    assert (place.steering.retry(upload).status, place.messages()) == (JobStatus.QUEUED, [])
    assert place.ledger.jobs.uploaded(upload, ObjectRef(bucket=MEDIA, key="a.mp4", etag="e"), 1)


def test_only_one_of_two_retries_at_the_same_time_is_taken(place: Place) -> None:
    job_id = place.job()
    place.steering.cancel(job_id, "ann")
    place.messages()

    def again(_: int) -> str:
        try:
            return place.steering.retry(job_id).status
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(again, range(4)))
    assert outcomes == ["job_at_work"] * 3 + ["queued"]
    assert len(place.messages()) == 1


def test_a_completed_job_is_not_retried(place: Place) -> None:
    job_id, _ = place.completed()
    with pytest.raises(Conflict) as raised:
        place.steering.retry(job_id)
    assert raised.value.code == "job_completed"


# ------------------------------------------------------------------------------------ running it again
def test_a_completed_job_runs_again_from_a_stage_while_its_video_stays_in_use(place: Place) -> None:
    job_id, video_id = place.completed()
    job = place.steering.rerun(job_id, "chunk")
    assert (job.status, job.stage, job.progress < 1) == (JobStatus.PROCESSING, "chunk", True)
    assert place.ledger.videos.get(video_id).indexed_at is not None
    before = place.ledger.chunks.of_video(video_id)
    assert place.cut(job_id, video_id)
    assert not place.cut(job_id, video_id)
    assert place.ledger.jobs.complete(job_id)
    assert place.ledger.chunks.of_video(video_id) == before


def test_each_run_is_announced_by_an_event_of_its_own(place: Place) -> None:
    job_id, video_id = place.completed()
    ids = set()
    for _ in range(2):
        place.steering.rerun(job_id, "chunk")
        (message,) = place.published.messages
        ids.add(json.loads(message.body)["id"])
        assert place.cut(job_id, video_id)
        assert place.ledger.jobs.complete(job_id)
        place.messages()
    assert len(ids) == 2


@pytest.mark.parametrize("stage", ["fetch", "probe", "thumbnails", "audio", "transcribe"])
def test_a_workers_stages_begin_with_the_download(place: Place, stage: str) -> None:
    job_id, video_id = place.completed()
    assert place.steering.rerun(job_id, stage).stage == "fetch"
    assert isinstance(place.ledger.jobs.claim(job_id, "w"), Claimed)
    assert place.identified(job_id, "film.mp4") == video_id
    assert place.ledger.jobs.get(job_id).status is JobStatus.PROCESSING


def test_without_passages_in_the_serving_index_embedding_begins_with_cutting(place: Place) -> None:
    job_id, video_id = place.completed()
    with place.database.transaction() as connection:
        connection.execute("delete from chunks")
    assert place.steering.rerun(job_id, "embed").stage == "chunk"
    assert place.messages() == [("pipeline-stream", "transcript.ready")]
    assert place.cut(job_id, video_id)


def test_a_stage_that_was_not_reached_is_refused(place: Place) -> None:
    job_id = place.claimed()
    place.ledger.jobs.fail(job_id, BROKEN, worker="w")
    with pytest.raises(Conflict) as raised:
        place.steering.rerun(job_id, "embed")
    assert raised.value.code == "stage_not_reached"


def test_a_job_at_work_is_not_begun_again(place: Place) -> None:
    job_id = place.claimed()
    with pytest.raises(Conflict) as raised:
        place.steering.rerun(job_id, "fetch")
    assert raised.value.code == "job_at_work"


def test_a_job_whose_file_is_gone_stays_as_it_is(place: Place) -> None:
    job_id, _ = place.completed()
    place.objects.kept.clear()
    with pytest.raises(Conflict) as raised:
        place.steering.rerun(job_id, "fetch")
    assert raised.value.code == "media_gone"
    assert place.ledger.jobs.get(job_id).status is JobStatus.COMPLETED
    assert place.steering.rerun(job_id, "chunk").stage == "chunk"


def test_a_job_whose_video_was_erased_is_not_begun_again(place: Place) -> None:
    job_id, video_id = place.completed()
    assert place.ledger.videos.begin_erasure(video_id, "ann")
    with pytest.raises(Conflict) as raised:
        place.steering.rerun(job_id, "chunk")
    assert raised.value.code == "video_erased"


def test_a_job_that_found_the_film_already_there_begins_at_the_download_only(place: Place) -> None:
    maker, _ = place.completed()
    other = place.claimed("copy.mp4")
    place.identified(other, "film.mp4")
    assert place.ledger.jobs.complete(other, worker="w")
    with pytest.raises(Conflict, match=f"Job {maker} makes this video") as raised:
        place.steering.rerun(other, "chunk")
    assert raised.value.code == "stage_not_its_own"
    assert place.steering.rerun(other, "fetch").status is JobStatus.QUEUED


def test_an_unknown_job_can_not_be_steered(place: Place) -> None:
    for wish in (lambda: place.steering.cancel(uuid4(), "ann"), lambda: place.steering.retry(uuid4())):
        with pytest.raises(NotFound):
            wish()

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.indexes import SPEC
from video_pipeline.database import Database
from video_pipeline.errors import BadInput, Conflict, NotFound, Unavailable
from video_pipeline.model import (
    Chunk,
    Failure,
    Job,
    JobFilter,
    JobOptions,
    JobStatus,
    Message,
    ObjectRef,
    Question,
    SearchFilter,
    Source,
    TranscriptRecord,
    Video,
    identifier,
    video_identifier,
)
from video_pipeline.ports import After, Claimed, NotNow, Settled, Submission
from video_pipeline.store.jobs import SQL
from video_pipeline.store.leases import Policy
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.model import Passage, Timing

BROKEN = Failure(code="broken", message="It broke.")


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database, Policy(lease=60, active=2, attempts=3))


def source(key: str = "film.mp4", etag: str = "e1") -> Source:
    return Source(kind="object", media=ObjectRef(bucket="media", key=key, etag=etag), filename=key)


def submit(ledger: PostgresLedger, *sources: Source, ready: bool = True) -> list[tuple[Job, bool]]:
    return ledger.jobs.submit([Submission(each, JobOptions(title="A film"), ready) for each in sources])


def new_job(ledger: PostgresLedger, key: str = "film.mp4") -> UUID:
    return submit(ledger, source(key))[0][0].id


def claimed(ledger: PostgresLedger, key: str = "film.mp4", worker: str = "w1") -> UUID:
    job_id = new_job(ledger, key)
    assert isinstance(ledger.jobs.claim(job_id, worker), Claimed)
    return job_id


def video_of(job_id: UUID, content: str = "a") -> Video:
    sha256 = (content * 64)[:64]
    return Video(
        id=video_identifier(sha256),
        sha256=sha256,
        title="A film",
        filename="film.mp4",
        media=ObjectRef(bucket="media", key="film.mp4"),
        job_id=job_id,
        created_at=datetime.now(UTC),
    )


def record_of(video_id: UUID) -> TranscriptRecord:
    return TranscriptRecord(
        video_id=video_id,
        key="k",
        sha256="0" * 64,
        language="en",
        source="sidecar",
        engine="webvtt",
        quality="captions",
        segments=1,
        words=3,
    )


def chunk_of(video_id: UUID, position: int, text: str, speaker: str = "Ann") -> Chunk:
    timing = Timing(first=0, last=len(text), start=float(position), end=position + 1.0, speaker=speaker)
    passage = Passage(
        position=position,
        text=text,
        start=float(position),
        end=position + 1.0,
        tokens=len(text.split()),
        speakers=(speaker,),
        timings=(timing,),
    )
    return Chunk(id=identifier("chunk", video_id, position, text), video_id=video_id, passage=passage)


def message(name: str) -> Message:
    return Message(destination="pipeline-stream", key="k", body=json.dumps({"name": name}))


def published(ledger: PostgresLedger) -> list[Message]:
    out: list[Message] = []
    ledger.outbox.drain(out.extend)
    return out


def run(database: Database, statement: str, *values: Any) -> None:
    with database.transaction() as connection:
        connection.execute(statement.encode(), values)


def expire(database: Database, job_id: UUID) -> None:
    run(database, "update jobs set lease_until = now() - interval '1 second' where id = %s", job_id)


def index(
    ledger: PostgresLedger, job_id: UUID, worker: str, chunks: Sequence[str] = ("hello world",), content: str = "a"
) -> UUID:
    """The whole way of a held job."""
    video = ledger.jobs.identify(job_id, worker, video_of(job_id, content)).video
    assert ledger.jobs.transcript_ready(job_id, record_of(video.id), emit=[], worker=worker)
    assert ledger.jobs.chunks_ready(
        job_id,
        [chunk_of(video.id, n, t) for n, t in enumerate(chunks)],
        index_id=ledger.indexes.serving(SPEC).id,
        emit=[],
    )
    assert ledger.jobs.complete(job_id)
    return video.id


# ------------------------------------------------------------------------------------------ arriving
def test_the_same_source_five_times_is_one_job_with_one_message(ledger: PostgresLedger) -> None:
    answers = [submit(ledger, source())[0] for _ in range(5)]
    assert {job.id for job, _ in answers} == {source().job_id}
    assert [fresh for _, fresh in answers] == [True, False, False, False, False]
    assert [json.loads(each.body)["job_id"] for each in published(ledger)] == [str(source().job_id)]


def test_a_batch_answers_in_its_own_order_and_counts_a_repeat_once(ledger: PostgresLedger) -> None:
    keys = ["b.mp4", "a.mp4", "b.mp4"]
    answers = submit(ledger, *[source(key) for key in keys])
    assert [job.source.media.key for job, _ in answers] == keys
    assert len(published(ledger)) == 2


def test_overlapping_batches_at_the_same_time_neither_deadlock_nor_double(ledger: PostgresLedger) -> None:
    sources = [source(f"{n}.mp4") for n in range(60)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: submit(ledger, *part), [sources, sources[::-1]] * 4))
    assert sum(fresh for answer in answers for _, fresh in answer) == 60
    assert len(published(ledger)) == 60


def test_another_version_of_the_same_object_is_another_job(ledger: PostgresLedger) -> None:
    assert source(etag="e1").job_id != source(etag="e2").job_id
    assert [fresh for _, fresh in submit(ledger, source(etag="e1"), source(etag="e2"))] == [True, True]


def test_a_granted_upload_is_queued_once_when_its_bytes_arrive(ledger: PostgresLedger) -> None:
    place = ObjectRef(bucket="media", key="uploads/1/film.mp4")
    granted = Source(kind="upload", media=place, filename="film.mp4", upload_id="1")
    [(job, _)] = submit(ledger, granted, ready=False)
    assert (job.status, job.stage, published(ledger)) == (JobStatus.QUEUED, "receive", [])
    arrived = place.model_copy(update={"etag": "e9", "version_id": "v1"})
    assert [ledger.jobs.uploaded(job.id, arrived, 12) for _ in range(2)] == [True, False]
    found = ledger.jobs.find_upload(place)
    assert found is not None
    assert found.source.media == arrived
    assert found.source.size == 12
    assert found.source.job_id == job.id
    assert len(published(ledger)) == 1


# ------------------------------------------------------------------------------------------ segments
def segmented(ledger: PostgresLedger, count: int) -> UUID:
    media = ObjectRef(bucket="media", key="assembled/u/film.mp4")
    raw = Source(kind="segments", media=media, filename="film.mp4", upload_id="u", segments=count, size=9, sha256="a")
    return submit(ledger, raw, ready=False)[0][0].id


def test_segments_in_any_order_and_twice_complete_the_upload_once(ledger: PostgresLedger) -> None:
    job_id = segmented(ledger, 3)
    assert [ledger.jobs.segment_arrived(job_id, n) for n in (2, 0, 2, 0)] == [(1, False), (2, False)] + [(2, False)] * 2
    assert published(ledger) == []
    assert ledger.jobs.segment_arrived(job_id, 1) == (3, True)
    assert ledger.jobs.segment_arrived(job_id, 1) == (3, False)
    assert len(published(ledger)) == 1


def test_segments_arriving_at_the_same_time_complete_the_upload_exactly_once(ledger: PostgresLedger) -> None:
    job_id = segmented(ledger, 24)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: ledger.jobs.segment_arrived(job_id, n % 24), range(48)))
    assert sum(complete for _, complete in answers) == 1
    assert len(published(ledger)) == 1


def test_missing_segments_are_named_and_late_ones_revive_the_upload(ledger: PostgresLedger, database: Database) -> None:
    job_id = segmented(ledger, 4)
    for n in (0, 3):
        ledger.jobs.segment_arrived(job_id, n)
    assert ledger.jobs.unfinished_uploads(segments_idle=900, grant=900) == []
    run(database, "update jobs set updated_at = now() - interval '1 hour'")
    [(job, missing)] = ledger.jobs.unfinished_uploads(segments_idle=900, grant=900)
    assert (job.id, missing) == (job_id, [1, 2])
    assert ledger.jobs.abandon_upload(job_id, BROKEN, emit=[])
    assert ledger.jobs.get(job_id).failure == BROKEN
    ledger.jobs.segment_arrived(job_id, 1)
    assert ledger.jobs.segment_arrived(job_id, 2) == (4, True)
    revived = ledger.jobs.get(job_id)
    assert (revived.status, revived.failure) == (JobStatus.QUEUED, None)


def test_an_upload_whose_last_segment_came_in_time_is_not_given_up(ledger: PostgresLedger) -> None:
    job_id = segmented(ledger, 1)
    ledger.jobs.segment_arrived(job_id, 0)
    assert not ledger.jobs.abandon_upload(job_id, BROKEN, emit=[])


# -------------------------------------------------------------------------------------------- claims
def test_of_two_workers_one_gets_the_job(ledger: PostgresLedger) -> None:
    job_id = new_job(ledger)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda worker: ledger.jobs.claim(job_id, worker), ["w1", "w2"]))
    assert sorted(type(each).__name__ for each in answers) == ["Claimed", "Settled"]


def test_no_more_videos_are_worked_on_at_once_than_allowed(ledger: PostgresLedger) -> None:
    ids = [new_job(ledger, f"{n}.mp4") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda job_id: ledger.jobs.claim(job_id, str(job_id)), ids))
    held = [each.job for each in answers if isinstance(each, Claimed)]
    assert len(held) == 2
    assert sum(isinstance(each, NotNow) for each in answers) == 6
    ledger.jobs.fail(held[0].id, BROKEN, worker=str(held[0].id))
    free = next(job_id for job_id, each in zip(ids, answers, strict=True) if isinstance(each, NotNow))
    assert isinstance(ledger.jobs.claim(free, "w9"), Claimed)


def test_an_expired_lease_goes_to_the_next_worker_and_the_first_can_write_nothing(
    ledger: PostgresLedger, database: Database
) -> None:
    job_id = claimed(ledger, worker="w1")
    ledger.jobs.begin_stage(job_id, "fetch", "w1")
    expire(database, job_id)
    again = ledger.jobs.claim(job_id, "w2")
    assert isinstance(again, Claimed)
    assert again.job.attempt == 2
    assert not ledger.jobs.beat(job_id, "w1")
    for move in (
        lambda: ledger.jobs.begin_stage(job_id, "probe", "w1"),
        lambda: ledger.jobs.complete(job_id, worker="w1"),
        lambda: ledger.jobs.fail(job_id, BROKEN, worker="w1"),
        lambda: ledger.jobs.retry_later(job_id, "w1", BROKEN, 1),
        lambda: ledger.jobs.identify(job_id, "w1", video_of(job_id)),
        lambda: ledger.jobs.wait_for(job_id, "w1", "t"),
    ):
        with pytest.raises(Conflict, match="no longer held"):
            move()
    assert [each.status for each in ledger.jobs.timeline(job_id)] == ["abandoned"]


def test_a_beating_heart_keeps_the_lease(ledger: PostgresLedger, database: Database) -> None:
    job_id = claimed(ledger, worker="w1")
    expire(database, job_id)
    assert ledger.jobs.beat(job_id, "w1")
    assert isinstance(ledger.jobs.claim(job_id, "w2"), Settled)


def test_a_finished_job_is_never_claimed_again(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    index(ledger, job_id, "w1")
    for redrive in (False, True):
        assert isinstance(ledger.jobs.claim(job_id, "w2", redrive=redrive), Settled)
    assert ledger.jobs.get(job_id).status is JobStatus.COMPLETED
    assert not ledger.jobs.complete(job_id)
    assert not ledger.jobs.fail(job_id, BROKEN)


def test_a_failed_job_is_claimed_only_by_a_redrive_and_counts_anew(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    ledger.jobs.fail(job_id, BROKEN, worker="w1")
    assert isinstance(ledger.jobs.claim(job_id, "w2"), Settled)
    again = ledger.jobs.claim(job_id, "w2", redrive=True)
    assert isinstance(again, Claimed)
    assert (again.job.attempt, again.job.failure) == (1, None)


def test_what_is_to_be_tried_later_waits_and_its_message_is_delayed(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    published(ledger)
    ledger.jobs.retry_later(job_id, "w1", BROKEN, 30)
    [again] = published(ledger)
    assert again.delay == 30
    answer = ledger.jobs.claim(job_id, "w2")
    assert isinstance(answer, NotNow)
    assert 28 < answer.delay <= 30


def test_an_unknown_job_is_nothing_to_do(ledger: PostgresLedger) -> None:
    assert isinstance(ledger.jobs.claim(uuid4(), "w1"), Settled)
    with pytest.raises(NotFound):
        ledger.jobs.get(uuid4())


# ------------------------------------------------------------------------------------------- sweeper
def test_the_job_of_a_vanished_worker_is_queued_again_once(ledger: PostgresLedger, database: Database) -> None:
    job_id = claimed(ledger)
    published(ledger)
    expire(database, job_id)
    assert ledger.jobs.requeue_expired() == [job_id]
    assert ledger.jobs.requeue_expired() == []
    assert len(published(ledger)) == 1
    assert ledger.jobs.get(job_id).status is JobStatus.QUEUED


def test_a_job_that_kills_its_worker_each_time_runs_out_of_attempts(ledger: PostgresLedger, database: Database) -> None:
    job_id = new_job(ledger)
    for attempt in range(3):
        assert isinstance(ledger.jobs.claim(job_id, f"w{attempt}"), Claimed)
        expire(database, job_id)
    assert ledger.jobs.requeue_expired() == []
    assert [job.id for job in ledger.jobs.exhausted()] == [job_id]
    assert isinstance(ledger.jobs.claim(job_id, "w9"), Settled)


def test_a_queued_job_whose_message_was_lost_is_announced_again(ledger: PostgresLedger, database: Database) -> None:
    job_id = new_job(ledger)
    published(ledger)
    assert ledger.jobs.requeue_expired() == []
    run(database, "update jobs set announced_at = now() - interval '1 hour'")
    assert ledger.jobs.requeue_expired() == [job_id]
    assert ledger.jobs.requeue_expired() == []
    assert len(published(ledger)) == 1


def test_a_job_that_stands_still_between_functions_is_found(ledger: PostgresLedger, database: Database) -> None:
    job_id = claimed(ledger)
    video = ledger.jobs.identify(job_id, "w1", video_of(job_id)).video
    ledger.jobs.transcript_ready(job_id, record_of(video.id), emit=[], worker="w1")
    assert ledger.jobs.stalled(600) == []
    run(database, "update jobs set announced_at = now() - interval '1 hour'")
    assert [(job.id, told) for job, told in ledger.jobs.stalled(600)] == [(job_id, 1)]
    ledger.jobs.announce_again(job_id, emit=[message("again")])
    assert ledger.jobs.stalled(600) == []
    assert json.loads(published(ledger)[-1].body) == {"name": "again"}


# ------------------------------------------------------------------------------------------- moves
def test_a_repeated_event_finds_the_job_past_its_stage(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    video = ledger.jobs.identify(job_id, "w1", video_of(job_id)).video
    published(ledger)
    assert ledger.jobs.enter(job_id, "chunk", "chunking") is None
    assert ledger.jobs.transcript_ready(job_id, record_of(video.id), emit=[message("t")], worker="w1")
    assert ledger.jobs.enter(job_id, "chunk", "chunking") is not None
    chunks = [chunk_of(video.id, 0, "one two")]
    at = ledger.indexes.serving(SPEC).id
    moved = [ledger.jobs.chunks_ready(job_id, chunks, index_id=at, emit=[message("c")]) for _ in range(3)]
    assert moved == [True, False, False]
    assert ledger.jobs.enter(job_id, "chunk", "chunking") is None
    assert [ledger.jobs.complete(job_id, emit=[message("i")]) for _ in range(3)] == [True, False, False]
    assert [json.loads(each.body)["name"] for each in published(ledger)] == ["t", "c", "i"]


def test_progress_never_goes_back_and_ends_at_one(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    seen = []
    for stage, fraction in (("fetch", 0.9), ("fetch", 0.1), ("probe", 0.5)):
        ledger.jobs.begin_stage(job_id, stage, "w1")
        ledger.jobs.report(job_id, stage, fraction)
        seen.append(ledger.jobs.get(job_id).progress)
    assert seen == sorted(seen)
    index(ledger, job_id, "w1")
    assert ledger.jobs.get(job_id).progress == 1


def test_the_timeline_tells_every_attempt(ledger: PostgresLedger, database: Database) -> None:
    job_id = claimed(ledger)
    ledger.jobs.begin_stage(job_id, "fetch", "w1")
    ledger.jobs.retry_later(job_id, "w1", BROKEN, 0)
    run(database, "update jobs set not_before = null")
    ledger.jobs.claim(job_id, "w2")
    ledger.jobs.begin_stage(job_id, "fetch", "w2")
    ledger.jobs.end_stage(job_id, "fetch", detail={"size": 3})
    told = [(each.stage, each.attempt, each.status, each.worker, each.detail) for each in ledger.jobs.timeline(job_id)]
    assert told == [("fetch", 1, "failed", "w1", {}), ("fetch", 2, "completed", "w2", {"size": 3})]


def test_a_move_and_its_messages_commit_together_or_not_at_all(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    video = ledger.jobs.identify(job_id, "w1", video_of(job_id)).video
    ledger.jobs.transcript_ready(job_id, record_of(video.id), emit=[], worker="w1")
    published(ledger)
    twice = [chunk_of(video.id, 0, "one"), chunk_of(video.id, 0, "two")]
    with pytest.raises(Exception, match="unique constraint"):
        ledger.jobs.chunks_ready(job_id, twice, index_id=ledger.indexes.serving(SPEC).id, emit=[message("never")])
    assert published(ledger) == []
    assert ledger.jobs.get(job_id).stage == "chunk"


def test_what_could_not_be_published_stays_and_comes_first_next_time(ledger: PostgresLedger) -> None:
    job_ids = [new_job(ledger, f"{n}.mp4") for n in range(3)]

    def refuse(_: Sequence[Message]) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ledger.outbox.drain(refuse)
    assert [json.loads(each.body)["job_id"] for each in published(ledger)] == [str(job_id) for job_id in job_ids]
    assert published(ledger) == []


# -------------------------------------------------------------------------------------- same content
def test_the_same_film_twice_is_one_video(ledger: PostgresLedger) -> None:
    first, second = claimed(ledger, "a.mp4", "w1"), claimed(ledger, "b.mp4", "w2")
    video_id = index(ledger, first, "w1")
    found = ledger.jobs.identify(second, "w2", video_of(second))
    assert (found.fresh, found.indexed, found.video.id) == (False, True, video_id)
    assert ledger.jobs.complete(second, note="same film", worker="w2")
    assert ledger.videos.get(video_id).job_id == first
    assert ledger.jobs.get(second).notes == ("same film",)


def test_a_film_in_the_works_is_waited_for(ledger: PostgresLedger) -> None:
    first, second = claimed(ledger, "a.mp4", "w1"), claimed(ledger, "b.mp4", "w2")
    ledger.jobs.identify(first, "w1", video_of(first))
    found = ledger.jobs.identify(second, "w2", video_of(second))
    assert (found.fresh, found.indexed) == (False, False)
    assert isinstance(ledger.jobs.claim(second, "w3"), Settled)
    index(ledger, first, "w1")
    waited = ledger.jobs.get(second)
    assert waited.status is JobStatus.COMPLETED
    assert "not processed twice" in waited.notes[0]


def test_when_the_first_job_of_a_film_fails_the_next_takes_its_place(ledger: PostgresLedger) -> None:
    first, second = claimed(ledger, "a.mp4", "w1"), claimed(ledger, "b.mp4", "w2")
    ledger.jobs.identify(first, "w1", video_of(first))
    ledger.jobs.identify(second, "w2", video_of(second))
    third = claimed(ledger, "c.mp4", "w3")
    ledger.jobs.identify(third, "w3", video_of(third))
    published(ledger)
    ledger.jobs.fail(first, BROKEN, worker="w1")
    assert [json.loads(each.body)["job_id"] for each in published(ledger)] == [str(second)]
    assert ledger.jobs.get(third).waiting_for == f"job:{second}"
    assert isinstance(ledger.jobs.claim(second, "w4"), Claimed)
    assert ledger.jobs.identify(second, "w4", video_of(second)).fresh
    index(ledger, second, "w4")
    assert ledger.jobs.get(third).status is JobStatus.COMPLETED


# ------------------------------------------------------------------------------------------- library
def test_chunks_come_back_as_they_were_stored(ledger: PostgresLedger) -> None:
    video_id = index(ledger, claimed(ledger), "w1", ["one", "two"])
    assert ledger.chunks.of_video(video_id) == [chunk_of(video_id, 0, "one"), chunk_of(video_id, 1, "two")]


def test_an_erased_video_leaves_only_its_identity_and_a_receipt(ledger: PostgresLedger, database: Database) -> None:

    job_id = claimed(ledger)
    video_id = index(ledger, job_id, "w1", ["a secret"])
    erasure = ledger.videos.begin_erasure(video_id, "ann")
    assert erasure == ledger.videos.begin_erasure(video_id, "ann")
    assert ledger.videos.pending_erasures() == [video_id]
    with pytest.raises(NotFound):
        ledger.videos.get(video_id)
    assert ledger.chunks.sizes(SearchFilter(), limit=5) == {}
    objects, jobs = ledger.videos.erased_objects(video_id)
    assert ([each.ref.key for each in objects], jobs) == (["film.mp4"], [job_id])
    asked = Question(query="What is the secret?")
    ledger.questions.save(uuid4(), asked, {"citations": [{"video_id": str(video_id), "quote": "a secret"}]})
    ledger.questions.save(uuid4(), asked, {"results": [{"video": {"id": str(video_id)}}]})
    ledger.questions.save(other := uuid4(), asked, {"citations": [{"video_id": str(uuid4())}], "results": []})
    ledger.videos.end_erasure(video_id, {"vectors": 1})
    with database.transaction() as connection:
        assert [row["id"] for row in connection.execute("select id from questions")] == [other]
    assert ledger.videos.pending_erasures() == []
    with pytest.raises(NotFound):
        ledger.videos.begin_erasure(video_id, "ann")
    with database.transaction() as connection:
        text = str(connection.execute("select * from videos, jobs, erasures").fetchall())
    assert "A film" not in text
    assert "film.mp4" not in text
    assert "'vectors': 1" in text
    assert ledger.jobs.get(job_id).status is JobStatus.COMPLETED


def test_what_other_videos_name_too_is_said_to_be_shared(ledger: PostgresLedger) -> None:
    captions = ObjectRef(bucket="media", key="for all.vtt")
    made = []
    for n, etag in enumerate(["e1", "e2", "e3"]):
        options = JobOptions(captions=captions if n < 2 else None)
        given = source("week.mp4" if n else "own.mp4", etag)
        [(job, _)] = ledger.jobs.submit([Submission(given, options, ready=True)])
        ledger.jobs.claim(job.id, "w1")
        ledger.jobs.identify(job.id, "w1", video_of(job.id, str(n)))
        made.append(index(ledger, job.id, "w1", content=str(n)))
    first, _ = ledger.videos.erased_objects(made[0])
    assert {(each.ref.key, each.captions, each.shared) for each in first} == {
        ("own.mp4", False, False),
        ("for all.vtt", True, True),
    }
    assert [each.shared for each in ledger.videos.erased_objects(made[2])[0]] == [True]
    ledger.videos.begin_erasure(made[1], "ann")
    assert not any(each.shared for each in ledger.videos.erased_objects(made[0])[0])


def test_erasing_waits_for_a_job_at_work_and_the_film_may_come_again(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger, "a.mp4", "w1")
    video_id = ledger.jobs.identify(job_id, "w1", video_of(job_id)).video.id
    assert ledger.videos.begin_erasure(video_id, "ann") is None
    assert ledger.videos.pending_erasures() == [video_id]
    index(ledger, job_id, "w1")
    assert ledger.videos.begin_erasure(video_id, "ann") is not None
    ledger.videos.end_erasure(video_id, {})
    again = claimed(ledger, "b.mp4", "w2")
    assert ledger.jobs.identify(again, "w2", video_of(again)).fresh
    index(ledger, again, "w2")
    assert ledger.videos.get(video_id).job_id == again


def test_pages_of_jobs_and_videos_follow_each_other_without_gap_or_repeat(ledger: PostgresLedger) -> None:
    ids = {new_job(ledger, f"{n}.mp4") for n in range(7)}
    seen: list[Job] = []
    while page := ledger.jobs.page(limit=3, after=After(seen[-1].created_at, seen[-1].id) if seen else None):
        seen += page
    assert len(seen) == 7
    assert {job.id for job in seen} == ids
    assert ledger.jobs.page(JobFilter(statuses=(JobStatus.COMPLETED,))) == []


def test_the_claim_and_the_sweep_use_indexes(ledger: PostgresLedger, database: Database) -> None:

    submit(ledger, *[source(f"{n}.mp4") for n in range(3000)])
    with database.transaction() as connection:
        connection.execute("update jobs set status = 'completed', finished_at = now()")
        connection.execute("analyze jobs")
        for name, values in (
            ("leased", {"id": uuid4()}),
            ("exhausted", {"attempts": 3}),
            ("by_upload", {"bucket": "media", "key": "k"}),
        ):
            plan = "\n".join(
                row["QUERY PLAN"] for row in connection.execute(f"explain {SQL[name]}".encode(), values).fetchall()
            )
            assert "Seq Scan on jobs" not in plan, f"{name}: {plan}"


# ------------------------------------------------------------------------------- what a review found
def test_a_message_that_can_never_be_sent_does_not_hold_up_the_others(ledger: PostgresLedger) -> None:
    job_ids = [new_job(ledger, f"{n}.mp4") for n in range(3)]
    sent: list[str] = []

    def publish(messages: Sequence[Message]) -> None:
        if any(str(job_ids[1]) in each.body for each in messages):
            raise BadInput("message_too_large", "Too large.")
        sent.extend(json.loads(each.body)["job_id"] for each in messages)

    ledger.outbox.drain(publish)
    assert sent == [str(job_ids[0]), str(job_ids[2])]
    assert published(ledger) == []


def test_an_upload_that_is_sent_again_after_its_last_attempt_is_claimed(ledger: PostgresLedger) -> None:
    job_id = segmented(ledger, 1)
    ledger.jobs.segment_arrived(job_id, 0)
    for attempt in range(3):
        assert isinstance(ledger.jobs.claim(job_id, f"w{attempt}"), Claimed)
        if attempt < 2:
            ledger.jobs.retry_later(job_id, f"w{attempt}", BROKEN, 0)
    ledger.jobs.fail(job_id, BROKEN, worker="w2", resend=True)
    assert ledger.jobs.wants_segment(job_id, 0)
    assert ledger.jobs.segment_arrived(job_id, 0) == (1, True)
    assert not ledger.jobs.wants_segment(job_id, 0)
    again = ledger.jobs.claim(job_id, "w9")
    assert isinstance(again, Claimed)
    assert again.job.attempt == 1


def test_whoever_makes_the_film_in_the_end_completes_all_that_wait_for_it(ledger: PostgresLedger) -> None:
    made = claimed(ledger, "b.mp4", "b")
    ledger.jobs.identify(made, "b", video_of(made))
    first = claimed(ledger, "a.mp4", "a")
    ledger.jobs.identify(first, "a", video_of(first))
    second = claimed(ledger, "c.mp4", "c")
    ledger.jobs.identify(second, "c", video_of(second))
    ledger.jobs.fail(made, BROKEN, worker="b")
    # The failed one is redriven before the one that took its place comes to it.
    assert isinstance(ledger.jobs.claim(made, "b2", redrive=True), Claimed)
    assert ledger.jobs.identify(made, "b2", video_of(made)).fresh
    assert isinstance(ledger.jobs.claim(first, "a2"), Claimed)
    assert not ledger.jobs.identify(first, "a2", video_of(first)).fresh
    index(ledger, made, "b2")
    assert [ledger.jobs.get(each).status for each in (first, second)] == [JobStatus.COMPLETED] * 2


def test_the_maker_of_a_film_that_is_being_erased_does_not_bring_it_back(ledger: PostgresLedger) -> None:
    job_id = claimed(ledger)
    video_id = ledger.jobs.identify(job_id, "w1", video_of(job_id)).video.id
    ledger.jobs.fail(job_id, BROKEN, worker="w1")
    assert ledger.videos.begin_erasure(video_id, "ann") is not None
    ledger.jobs.claim(job_id, "w2", redrive=True)
    with pytest.raises(Unavailable, match="being erased"):
        ledger.jobs.identify(job_id, "w2", video_of(job_id))
    ledger.videos.end_erasure(video_id, {})
    assert ledger.jobs.identify(job_id, "w2", video_of(job_id)).fresh
    assert ledger.videos.get(video_id).erased_at is None


def test_a_job_that_came_back_to_life_is_not_failed_by_the_sweeper(ledger: PostgresLedger, database: Database) -> None:
    job_id = new_job(ledger)
    for attempt in range(3):
        ledger.jobs.claim(job_id, f"w{attempt}")
        if attempt < 2:
            expire(database, job_id)
    expire(database, job_id)
    [lost] = ledger.jobs.exhausted()
    assert ledger.jobs.beat(job_id, "w2")
    assert not ledger.jobs.fail(job_id, BROKEN, seen=lost)
    expire(database, job_id)
    assert ledger.jobs.fail(job_id, BROKEN, seen=lost)


def test_a_request_to_erase_that_comes_again_does_not_erase_the_film_that_was_sent_anew(ledger: PostgresLedger) -> None:
    first = claimed(ledger, "a.mp4", "w1")
    video_id = index(ledger, first, "w1")
    request = uuid4()
    assert ledger.videos.begin_erasure(video_id, "ann", request=request) == request
    ledger.videos.end_erasure(video_id, {})
    again = claimed(ledger, "b.mp4", "w2")
    ledger.jobs.identify(again, "w2", video_of(again))
    index(ledger, again, "w2")
    assert ledger.videos.begin_erasure(video_id, "ann", request=request) is None
    assert ledger.videos.get(video_id).job_id == again
    assert ledger.videos.pending_erasures() == []


def test_a_worker_that_lost_its_job_does_not_close_its_successors_line(
    ledger: PostgresLedger, database: Database
) -> None:
    job_id = claimed(ledger, worker="w1")
    expire(database, job_id)
    ledger.jobs.claim(job_id, "w2")
    ledger.jobs.begin_stage(job_id, "fetch", "w2")
    ledger.jobs.end_stage(job_id, "fetch", worker="w1")
    assert [each.status for each in ledger.jobs.timeline(job_id)] == ["running"]

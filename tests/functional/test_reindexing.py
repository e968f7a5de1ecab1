"""The archive is cut and embedded anew while the old index goes on serving."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lambdas.reindexing import handler as unit
from tests.functional.api.doubles import MemoryObjects, Published, WordVectors
from tests.indexes import SPEC
from video_pipeline.answering import Answering
from video_pipeline.chunking import Chunking, Cutter
from video_pipeline.database import Database
from video_pipeline.errors import BadInput, Conflict, Unavailable
from video_pipeline.events import ChunksReady, TranscriptReady
from video_pipeline.extractive import ExtractiveAnswerer
from video_pipeline.indexing import Indexing
from video_pipeline.model import (
    Failure,
    Index,
    IndexReport,
    IndexSpec,
    Job,
    JobOptions,
    JobStatus,
    ObjectRef,
    Question,
    Source,
    Video,
    video_identifier,
)
from video_pipeline.ports import OpenIndex, Submission
from video_pipeline.publishing import Publishing
from video_pipeline.reindexing import Reindexing, drive
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.model import Segment, Transcript
from video_pipeline.vectors.pgvector import PgVectorIndex

OLD = SPEC.model_copy(update={"model": "old", "dimensions": 64})
NEW = SPEC.model_copy(update={"model": "new", "dimensions": 64, "chunk_tokens": 4, "chunk_minimum_tokens": 0})
OTHER = SPEC.model_copy(update={"model": "other", "dimensions": 64})
SAID = ("The launch is on Tuesday.", "Lisbon gets a new office in May.")
REFUSED = "refuse"


class Words:
    """Counts words for tokens."""

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@dataclass
class Model(WordVectors):
    """An embedding model that may refuse or be away."""

    model: str = "a model"
    used: int = 0
    away: int = 0
    refuses: str = ""

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        self.used += 1
        if self.away:
            self.away -= 1
            raise Unavailable("model_away", "The model is away.")
        if self.refuses and any(self.refuses in text for text in texts):
            raise BadInput("text_refused", "The model refuses this text.")
        return super().embed(texts)


@dataclass
class Archive:
    """A pipeline whose parts are real, but for its bucket and its models."""

    database: Database
    models: dict[str, Model] = field(
        default_factory=lambda: {name: Model(model=name) for name in ("old", "new", "other")}
    )

    def __post_init__(self) -> None:
        self.ledger = PostgresLedger(self.database)
        self.kept = MemoryObjects()
        self.published = Published()
        self.store_in(self.kept, "results")

    def store_in(self, objects: Any, bucket: str) -> None:
        self.objects, self.bucket = objects, bucket
        self.cutter = Cutter(objects, Words(), results_bucket=bucket)

    def open(self, index: Index) -> OpenIndex:
        vectors = PgVectorIndex(self.database, space=index.space, dimensions=64)
        return OpenIndex(index, self.models[index.spec.model], vectors)

    def serving(self) -> OpenIndex:
        return self.open(self.ledger.indexes.serving(OLD))

    def reindexing(self, wanted: IndexSpec = NEW) -> Reindexing:
        return Reindexing(self.ledger, self.cutter, self.open, Publishing(self.ledger.outbox, self.published), wanted)

    @property
    def chunking(self) -> Chunking:
        return Chunking(self.ledger, self.cutter, lambda: self.ledger.indexes.serving(OLD))

    def transcribed(self, *said: str) -> tuple[Job, UUID]:
        """A job whose video is to be cut."""
        sha256 = hashlib.sha256(" ".join(said).encode()).hexdigest()
        media = ObjectRef(bucket="media", key=f"{sha256}.mp4", etag="e")
        source = Source(kind="object", media=media, filename="a.mp4")
        job = self.ledger.jobs.submit([Submission(source, JobOptions(title=said[0]), ready=True)])[0][0]
        self.ledger.jobs.claim(job.id, "w")
        video = Video(
            id=video_identifier(sha256),
            sha256=sha256,
            title=said[0],
            filename="a.mp4",
            media=media,
            job_id=job.id,
            created_at=datetime.now(UTC),
        )
        self.ledger.jobs.identify(job.id, "w", video)
        segments = tuple(Segment(start=10.0 * at, end=10.0 * at + 8, text=text) for at, text in enumerate(said))
        transcribing = Transcribing(self.ledger, self.objects, results_bucket=self.bucket)
        transcribing.store(
            job, video.id, Transcript(segments=segments, source="sidecar", quality="captions"), worker="w"
        )
        return job, video.id

    def index(self, job: Job, video_id: UUID) -> None:
        Indexing(self.ledger, self.serving).index(ChunksReady(job_id=job.id, video_id=video_id))

    def film(self, *said: str) -> UUID:
        """A video that can be asked about."""
        job, video_id = self.transcribed(*said)
        self.chunking.chunk(TranscriptReady(job_id=job.id, video_id=video_id))
        self.index(job, video_id)
        assert self.ledger.jobs.complete(job.id)
        return video_id

    def found(self, query: str) -> list[str]:
        answering = Answering(
            self.ledger.chunks, self.ledger.videos, self.serving, ExtractiveAnswerer, public_url="https://v.example"
        )
        return [each.chunk.passage.text for each in answering.ask(Question(query=query)).results]

    def vectors(self, video_id: UUID) -> dict[str, int]:
        """By space."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                "select space, count(*) as n from embeddings where video_id = %s group by space", [video_id]
            )
            return {row["space"]: row["n"] for row in rows}

    def passages(self) -> list[str]:
        """What lies in the bucket."""
        return sorted(key for _, key in self.kept.kept if "/chunks/" in key)


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


def run(reindexing: Reindexing, report: IndexReport, *, without_failed: bool = False) -> IndexReport:
    return drive(
        reindexing, report.index.id, at_once=2, without_failed=without_failed, tell=lambda _: None, pause=lambda _: None
    )


def test_the_old_index_serves_until_every_video_is_in_the_new_one(archive: Archive) -> None:
    first, second = archive.film(*SAID), archive.film("Marketing wants it in yellow.")
    before = archive.found("When is the launch?")
    reindexing = archive.reindexing()
    building = reindexing.begin("ann")
    assert (building.done, building.waiting, building.index.requested_by) == (0, 2, "ann")
    assert reindexing.take_in(building.index.id, first)
    archive.models["new"].used = 0
    assert archive.found("When is the launch?") == before
    assert archive.models["new"].used == 0
    assert reindexing.switch(building.index.id).index.state == "building"
    assert reindexing.waiting(building.index.id) == [second]
    assert reindexing.take_in(building.index.id, second)
    assert reindexing.switch(building.index.id).index.state == "serving"
    archive.models["old"].used = 0
    assert "Lisbon gets a new" in " ".join(archive.found("Where is the new office?"))
    assert archive.models["old"].used == 0
    assert all(len(text.split()) <= 5 for text in archive.found("Where is the new office?"))


def test_what_the_retired_index_held_is_removed_everywhere(archive: Archive) -> None:
    video = archive.film(*SAID)
    old = archive.ledger.indexes.serving(OLD)
    reindexing = archive.reindexing()
    report = run(reindexing, reindexing.begin("ann"))
    assert report.index.state == "serving"
    assert list(archive.vectors(video)) == [report.index.space]
    assert archive.passages() == [f"videos/{video}/chunks/{report.index.id}.jsonl"]
    assert archive.ledger.indexes.get(old.id).state == "dropped"
    assert archive.ledger.indexes.videos_of(old.id) == []
    assert reindexing.clean() == []


def test_settings_that_ask_for_nothing_new_make_no_index_unless_that_is_wanted(archive: Archive) -> None:
    archive.film(*SAID)
    reindexing = archive.reindexing(OLD)
    same = reindexing.begin("ann")
    assert same.index.state == "serving"
    anyway = reindexing.begin("ann", anyway=True)
    assert anyway.index.state == "building"
    assert anyway.index.space != same.index.space
    assert run(reindexing, anyway).index.state == "serving"


def test_a_video_that_fails_for_good_is_recorded_and_keeps_the_old_index_serving(archive: Archive) -> None:
    archive.film(*SAID)
    bad = archive.film(f"A sentence that the model will {REFUSED}.")
    archive.models["new"].refuses = REFUSED
    reindexing = archive.reindexing()
    report = run(reindexing, reindexing.begin("ann"))
    assert (report.index.state, report.done, report.failed, report.waiting) == ("building", 1, 1, 0)
    (failure,) = report.failures
    assert (failure.video_id, failure.failure.code, failure.tries) == (bad, "text_refused", 1)
    assert archive.found("Which sentence does the model refuse?")[0].startswith("A sentence")
    archive.models["new"].refuses = ""
    archive.models["new"].used = 0
    again = reindexing.begin("bob")
    assert (again.index.id, again.done, again.waiting) == (report.index.id, 1, 1)
    assert run(reindexing, again).index.state == "serving"
    assert archive.found("Which sentence does the model refuse?")


def test_failed_videos_may_be_left_out_on_request(archive: Archive) -> None:
    archive.film(*SAID)
    archive.film(f"A sentence that the model will {REFUSED}.")
    archive.models["new"].refuses = REFUSED
    reindexing = archive.reindexing()
    report = run(reindexing, reindexing.begin("ann"), without_failed=True)
    assert (report.index.state, report.failed) == ("serving", 1)
    assert not any(REFUSED in text for text in archive.found("A sentence that the model will?"))


def test_a_passing_failure_is_tried_again_and_a_lasting_one_ends_after_five_times(archive: Archive) -> None:
    archive.film(*SAID)
    archive.models["new"].away = 4
    reindexing = archive.reindexing()
    assert run(reindexing, reindexing.begin("ann")).index.state == "serving"
    archive.models["other"].away = 1000
    lasting = archive.reindexing(OTHER)
    report = run(lasting, lasting.begin("ann"))
    assert report.failures[0].failure.code == "model_away"
    assert archive.models["other"].used == 5


def test_videos_that_come_in_the_meantime_are_found_at_once_and_taken_in_too(archive: Archive) -> None:
    first = archive.film(*SAID)
    reindexing = archive.reindexing()
    building = reindexing.begin("ann").index
    reindexing.take_in(building.id, first)
    late = archive.film("A latecomer about penguins.")
    assert archive.found("penguins")[0] == "A latecomer about penguins."
    assert reindexing.switch(building.id).waiting == 1
    assert run(reindexing, reindexing.status()).index.state == "serving"
    assert list(archive.vectors(late)) == [building.space]


def test_a_job_that_was_cut_for_the_old_index_is_cut_again_for_the_new_one(archive: Archive) -> None:
    reindexing = archive.reindexing()
    archive.ledger.indexes.serving(OLD)
    building = reindexing.begin("ann").index
    job, video_id = archive.transcribed("A film in the middle, about whales.")
    archive.chunking.chunk(TranscriptReady(job_id=job.id, video_id=video_id))
    archive.published.messages.clear()
    assert reindexing.switch(building.id).index.state == "serving"
    archive.index(job, video_id)
    moved = archive.ledger.jobs.get(job.id)
    assert (moved.status, moved.stage) == (JobStatus.PROCESSING, "chunk")
    assert "transcript.ready" in [json.loads(each.body).get("type") for each in archive.published.messages]
    archive.chunking.chunk(TranscriptReady(job_id=job.id, video_id=video_id))
    archive.index(job, video_id)
    assert archive.ledger.jobs.get(job.id).stage == "summarise"
    assert list(archive.vectors(video_id)) == [building.space]


def test_a_job_between_the_two_cannot_end_in_an_index_that_no_longer_serves(archive: Archive) -> None:
    """The embedding function has read which index serves; then the switch comes."""
    reindexing = archive.reindexing()
    old = archive.serving()
    building = reindexing.begin("ann").index
    job, video_id = archive.transcribed("A film in the middle, about whales.")
    archive.chunking.chunk(TranscriptReady(job_id=job.id, video_id=video_id))

    def switched() -> OpenIndex:
        reindexing.switch(building.id)
        return old

    Indexing(archive.ledger, switched).index(ChunksReady(job_id=job.id, video_id=video_id))
    moved = archive.ledger.jobs.get(job.id)
    assert (moved.status, moved.stage) == (JobStatus.PROCESSING, "chunk")


def test_passages_that_were_cut_for_an_index_that_no_longer_serves_are_refused(archive: Archive) -> None:
    old = archive.ledger.indexes.serving(OLD)
    reindexing = archive.reindexing()
    reindexing.switch(reindexing.begin("ann").index.id)
    job, _ = archive.transcribed(*SAID)
    archive.ledger.jobs.enter(job.id, "chunk", "chunking")
    with pytest.raises(Unavailable) as refused:
        archive.ledger.jobs.chunks_ready(job.id, [], index_id=old.id, emit=[])
    assert refused.value.code == "index_switched"


def test_a_video_that_is_erased_in_between_leaves_nothing_in_the_new_index(archive: Archive) -> None:
    video = archive.film(*SAID)
    reindexing = archive.reindexing()
    building = reindexing.begin("ann").index
    genuine = archive.models["new"].embed

    class Erasing(Model):
        def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
            archive.ledger.videos.begin_erasure(video, "ann")
            return genuine(texts)

    archive.models["new"] = Erasing(model="new")
    assert reindexing.take_in(building.id, video) is False
    assert building.space not in archive.vectors(video)
    assert not any(str(building.id) in key for key in archive.passages())
    assert reindexing.switch(building.id).index.state == "serving"


def test_another_wish_gives_up_what_was_begun(archive: Archive) -> None:
    video = archive.film(*SAID)
    first = archive.reindexing()
    given_up = first.begin("ann").index
    first.take_in(given_up.id, video)
    second = archive.reindexing(OTHER)
    wanted = second.begin("bob").index
    assert wanted.id != given_up.id
    with pytest.raises(Conflict) as refused:
        first.take_in(given_up.id, video)
    assert refused.value.code == "index_not_building"
    assert first.switch(given_up.id).index.state == "retired"
    assert second.clean() == [given_up.space]
    assert run(second, second.status()).index.spec == OTHER


def test_a_step_may_be_repeated(archive: Archive) -> None:
    video = archive.film(*SAID)
    reindexing = archive.reindexing()
    building = reindexing.begin("ann").index
    assert reindexing.take_in(building.id, video)
    vectors = archive.vectors(video)
    assert reindexing.take_in(building.id, video)
    assert archive.vectors(video) == vectors
    assert reindexing.switch(building.id) == reindexing.switch(building.id)


# -------------------------------------------------------------------------------------------- the function
@pytest.fixture
def call(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Any:
    reindexing = archive.reindexing()
    monkeypatch.setattr(unit, "host", lambda: reindexing)
    return lambda **event: json.loads(json.dumps(unit.handler(event, None)))


def test_the_function_answers_each_step_of_the_state_machine(archive: Archive, call: Any) -> None:
    video = archive.film(*SAID)
    begun = call(do="begin", requested_by="ann", anyway=False)
    assert (begun["serves"], begun["waiting"]) == (False, 1)
    index = begun["index"]["id"]
    assert call(do="waiting", index_id=index) == {"videos": [str(video)]}
    assert call(do="take_in", index_id=index, video_id=str(video)) == {"taken_in": True}
    assert call(do="switch", index_id=index, without_failed=False)["serves"] is True
    assert len(call(do="clean")["dropped"]) == 1
    assert call(do="status")["index"]["state"] == "serving"


def test_the_function_records_what_is_wrong_for_good_and_raises_what_may_pass(archive: Archive, call: Any) -> None:
    video = archive.film(f"It will {REFUSED}.")
    archive.models["new"].refuses = REFUSED
    index = call(do="begin")["index"]["id"]
    assert call(do="take_in", index_id=index, video_id=str(video)) == {"taken_in": False}
    assert archive.ledger.indexes.report(UUID(index)).failures[0].failure.code == "text_refused"
    archive.models["new"].away = 1
    with pytest.raises(Unavailable):
        call(do="take_in", index_id=index, video_id=str(video))


def test_the_function_records_what_the_state_machine_gave_up(archive: Archive, call: Any) -> None:
    video = archive.film(*SAID)
    index = call(do="begin")["index"]["id"]
    cause = json.dumps({"errorType": "Unavailable", "errorMessage": "The model is away."})
    call(do="failed", index_id=index, video_id=str(video), error={"Error": "Unavailable", "Cause": cause})
    failure: Failure = archive.ledger.indexes.report(UUID(index)).failures[0].failure
    assert failure.code == "retries_exhausted"
    assert "The model is away." in failure.message
    call(do="failed", index_id=index, video_id=str(video), error={"Error": "States.Timeout", "Cause": ""})
    assert "States.Timeout" in archive.ledger.indexes.report(UUID(index)).failures[0].failure.message

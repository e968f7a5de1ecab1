"""Paid services, the ledger that notes them, and a budget that ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.indexes import SPEC, opened
from video_pipeline.database import Database
from video_pipeline.errors import Resting, Unavailable
from video_pipeline.events import ChunksReady
from video_pipeline.indexing import Indexing
from video_pipeline.model import (
    Chunk,
    Expense,
    JobOptions,
    JobStatus,
    ObjectRef,
    Source,
    TranscriptRecord,
    Usage,
    Video,
    identifier,
    video_identifier,
)
from video_pipeline.ports import Claimed, Completion, Pending, Prompt, SpeechRequest, Submission
from video_pipeline.pricing import PriceList
from video_pipeline.spending import PaidEmbedder, PaidModel, PaidRecogniser, Purse, spent_for
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.sweeping import Sweeping
from video_pipeline.transcripts.model import Passage, Timing

PRICES = PriceList.read()
MILLION = 1_000_000


class Embedder:
    """Takes a million tokens for each text."""

    model, dimensions = "text-embedding-3-small@3", 3

    def __init__(self) -> None:
        self.meter: Any = None
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        self.texts += texts
        self.meter(Usage(model="text-embedding-3-small", prompt_tokens=MILLION * len(texts)))
        return [(1.0, 0.0, 0.0) for _ in texts]


class Model:
    name = "gpt-4.1-mini"

    def complete(self, prompt: Prompt, *, seconds: float, hear: object = None) -> Completion:
        assert hear is None
        assert (prompt.name, seconds) == ("n", 1)
        usage = Usage(model="gpt-4.1-mini-2025-04-14", calls=2, prompt_tokens=1000, completion_tokens=100)
        return Completion(text="{}", finished="whole", usage=usage)


class Service:
    """A recogniser that hands the sound on."""

    name = "transcribe"

    def transcribe(self, request: SpeechRequest, **_: object) -> Pending:
        return Pending(token=f"t-{request.job_id}")


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


def purse(ledger: PostgresLedger, budget: float | None = None) -> Purse:
    return Purse(ledger.spending, PRICES, budget)


def paid(ledger: PostgresLedger, budget: float | None = None) -> tuple[PaidEmbedder, Embedder]:
    inner, own = Embedder(), purse(ledger, budget)
    inner.meter = own.embedded
    return PaidEmbedder(inner, own), inner


PROMPT = Prompt(rules="", data="", name="n", schema={}, most_tokens=9)


def test_what_is_paid_is_noted_for_whom_it_was(ledger: PostgresLedger) -> None:
    job, question = uuid4(), uuid4()
    embedder, _ = paid(ledger)
    with spent_for(job_id=job):
        embedder.embed(["a", "b"])
    with spent_for(question_id=question) as account:
        embedder.embed(["c"])
        PaidModel(Model(), purse(ledger)).complete(PROMPT, seconds=1)
    embedder.embed(["nobody's"])
    [line] = ledger.spending.of_job(job)
    assert (line.service, line.model, line.calls, line.input_tokens) == (
        "embedding",
        "text-embedding-3-small",
        1,
        2 * MILLION,
    )
    assert line.usd == pytest.approx(0.04)
    language = ledger.spending.of_question(question)[1]
    assert (language.service, language.calls, language.output_tokens, language.unpriced) == ("language", 2, 100, 0)
    assert account.usd == pytest.approx(0.02 + 0.0004 + 0.00016)
    today = datetime.now(UTC).date()
    days = ledger.spending.days(today - timedelta(days=1), today)
    assert [(each.day, each.service, each.calls) for each in days] == [(today, "embedding", 3), (today, "language", 2)]
    assert ledger.spending.days(today - timedelta(days=9), today - timedelta(days=2)) == []
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert ledger.spending.since(midnight) == pytest.approx(0.08 + 0.00056)


def test_sound_that_is_handed_over_again_is_paid_once(ledger: PostgresLedger, tmp_path: Path) -> None:
    job = uuid4()
    recogniser = PaidRecogniser(Service(), purse(ledger), model="amazon-transcribe")
    media = ObjectRef(bucket="b", key="k")
    request = SpeechRequest(job_id=job, audio=tmp_path, media=media, language=None, duration=600)
    with spent_for(job_id=job):
        for _ in range(3):
            recogniser.transcribe(request)
    [line] = ledger.spending.of_job(job)
    assert (line.calls, line.seconds, line.usd) == (1, 600, pytest.approx(0.24))


def test_a_model_without_a_price_is_counted_as_such(ledger: PostgresLedger) -> None:
    job = uuid4()
    with spent_for(job_id=job):
        purse(ledger).pay(Expense(service="language", model="llama3", input_tokens=7))
    [line] = ledger.spending.of_job(job)
    assert (line.usd, line.unpriced, line.input_tokens) == (0, 1, 7)


def test_a_ledger_that_does_not_answer_loses_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def add(*_: object, **__: object) -> None:
        raise Unavailable("database_unavailable", "It does not answer.")

    broken: Any = SimpleNamespace(add=add)
    Purse(broken, PRICES).pay(Expense(service="language", model="gpt-4o", input_tokens=7))
    assert "expense not noted" in caplog.text


def test_a_spent_budget_stops_models_and_videos_but_not_questions_until_midnight(ledger: PostgresLedger) -> None:
    embedder, inner = paid(ledger, 0.05)
    with spent_for(job_id=uuid4()):
        embedder.embed(["a", "b", "c"])
        with pytest.raises(Resting) as refused:
            embedder.embed(["d"])
        with pytest.raises(Resting):
            PaidModel(Model(), purse(ledger, 0.05)).complete(PROMPT, seconds=1)
    with spent_for(question_id=uuid4()):
        embedder.embed(["q"])
    assert inner.texts == ["a", "b", "c", "q"]
    assert refused.value.code == "budget_spent"
    assert refused.value.delay is not None
    assert 0 < refused.value.delay <= 86_401
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert Purse(ledger.spending, PRICES, 0.05, clock=lambda: tomorrow).state().resumes_at is None


def test_no_budget_is_no_limit_and_a_budget_of_nothing_allows_nothing(ledger: PostgresLedger) -> None:
    purse(ledger).allow()
    with pytest.raises(Resting):
        purse(ledger, 0).allow()


# ------------------------------------------------------------------------------------------- jobs wait
def cut_video(ledger: PostgresLedger) -> ChunksReady:
    """A job whose passages are there, to be embedded next."""
    source = Source(kind="object", media=ObjectRef(bucket="b", key="k"), filename="k", size=1000)
    [(job, _)] = ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    assert isinstance(ledger.jobs.claim(job.id, "w"), Claimed)
    sha = "a" * 64
    video = Video(
        id=video_identifier(sha),
        sha256=sha,
        title="A film",
        filename="k",
        media=source.media,
        job_id=job.id,
        created_at=datetime.now(UTC),
    )
    ledger.jobs.identify(job.id, "w", video)
    record = TranscriptRecord(
        video_id=video.id,
        key="k",
        sha256="0" * 64,
        language="en",
        source="sidecar",
        engine="",
        quality="captions",
        segments=1,
        words=2,
    )
    ledger.jobs.transcript_ready(job.id, record, emit=(), worker="w")
    timing = Timing(first=0, last=9, start=0, end=1, speaker=None)
    passage = Passage(position=0, text="Good day.", start=0, end=1, tokens=2, speakers=(), timings=(timing,))
    chunk = Chunk(id=identifier("chunk", video.id), video_id=video.id, passage=passage)

    index = ledger.indexes.serving(SPEC)
    assert ledger.jobs.chunks_ready(job.id, [chunk], index_id=index.id, emit=())
    return ChunksReady(job_id=job.id, video_id=video.id)


class Vectors:
    def clear_video(self, _: UUID) -> None:
        return None

    def upsert(self, _: object) -> None:
        return None


def sweeper(ledger: PostgresLedger, told: list[Any]) -> Sweeping:
    return Sweeping(ledger, told.extend, lambda: 0, lambda: 0, segments_idle=900, stalled=900)


def test_a_job_waits_for_a_new_budget_however_often_and_is_not_failed(
    ledger: PostgresLedger, database: Database
) -> None:
    event = cut_video(ledger)
    embedder, _ = paid(ledger, 0)
    poor = Indexing(ledger, lambda: opened(embedder, Vectors()))
    told: list[Any] = []
    for _ in range(9):  # far more often than a job is tried
        poor.index(event)
        job = ledger.jobs.get(event.job_id)
        assert (job.status, job.stage) == (JobStatus.PROCESSING, "embed")
        assert job.not_before is not None
        assert job.not_before > datetime.now(UTC)
        sweeper(ledger, told).sweep()
        assert not [each for each in told if "chunks.ready" in each.body]
        with database.transaction() as connection:  # midnight
            connection.execute("update jobs set not_before = now() - interval '1 second'")
        sweeper(ledger, told).sweep()
        assert len([each for each in told if "chunks.ready" in each.body]) == 1
        told.clear()
    assert [note for note in job.notes if "budget" in note] == [
        "It had to wait: The budget of 0.00 US dollars a day is spent."
    ]
    assert {line.failure.code for line in ledger.jobs.timeline(job.id) if line.failure} == {"budget_spent"}
    rich, _ = paid(ledger)
    Indexing(ledger, lambda: opened(rich, Vectors())).index(event)
    done = ledger.jobs.get(event.job_id)
    assert done.finished or done.stage != "embed"
    assert done.not_before is None
    assert ledger.spending.of_job(job.id)[0].usd == pytest.approx(0.02)

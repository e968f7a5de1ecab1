"""The API on the real ledger, with objects and vectors in memory, and the means to put videos into them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql

from tests.functional.api.doubles import (
    MemoryObjects,
    MemoryQueue,
    MemoryStreams,
    MemoryVectors,
    Published,
    WordVectors,
)
from tests.indexes import SPEC, opened
from video_pipeline import layout
from video_pipeline.answering import Answering
from video_pipeline.api.app import create_app
from video_pipeline.api.dependencies import ApiDependencies, ProjectDesk
from video_pipeline.asking import Asking
from video_pipeline.database import Database
from video_pipeline.deadletters import DeadLetters
from video_pipeline.erasing import Erasing
from video_pipeline.extractive import ExtractiveAnswerer
from video_pipeline.importing import Importing
from video_pipeline.internet.addresses import Guard
from video_pipeline.internet.download import Download
from video_pipeline.keys import create_key
from video_pipeline.mail.addresses import Welcome
from video_pipeline.mailing import Mailing
from video_pipeline.model import (
    Chunk,
    JobOptions,
    MediaInfo,
    Source,
    Thumbnail,
    TranscriptRecord,
    VectorItem,
    Video,
    identifier,
    video_identifier,
)
from video_pipeline.ports import Claimed, Submission
from video_pipeline.pricing import PriceList
from video_pipeline.projects.collecting import Collecting
from video_pipeline.projects.ordering import Ordering
from video_pipeline.projects.removing import Removing
from video_pipeline.projects.sending import Sending
from video_pipeline.publishing import Publishing
from video_pipeline.resummarising import Resummarising
from video_pipeline.spending import Purse
from video_pipeline.steering import Steering
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.topology import QUEUES
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.json_format import write_json
from video_pipeline.transcripts.model import Passage, Quality, Segment, Timing, Transcript
from video_pipeline.uploading import Uploading

MEDIA, RESULTS, PUBLIC = "media-bucket-test", "results-bucket-test", "https://videos.example"


@dataclass
class World:
    """Everything behind the API, and clients with a right key (`api`) and without any (`stranger`)."""

    ledger: PostgresLedger
    objects: MemoryObjects
    vectors: MemoryVectors
    published: Published
    deps: ApiDependencies
    key: str
    api: Any
    stranger: Any
    queues: dict[str, MemoryQueue]
    streams: MemoryStreams

    def with_deps(self, **changes: Any) -> TestClient:
        """A client of another application on the same world."""
        app = create_app(replace(self.deps, **changes))
        return TestClient(app, headers={"X-API-Key": self.key}, raise_server_exceptions=False)

    def put_video(
        self,
        *sentences: str,
        title: str = "All hands",
        bucket: str = MEDIA,
        speaker: str = "ann",
        quality: Quality = "captions",
    ) -> UUID:
        """A finished video of these sentences, each a passage of ten seconds; its id."""
        content = hashlib.sha256(title.encode()).hexdigest()
        media = self.objects.write(bucket, f"uploads/{content}.mp4", title.encode(), content_type="video/mp4")
        source = Source(kind="object", media=media, filename=f"{title}.mp4", size=len(title))
        ((job, _),) = self.ledger.jobs.submit([Submission(source, JobOptions(title=title), ready=True)])
        assert isinstance(self.ledger.jobs.claim(job.id, "w"), Claimed)
        self.ledger.jobs.begin_stage(job.id, "probe", "w")
        video = Video(
            id=video_identifier(content),
            sha256=content,
            title=title,
            filename=source.filename,
            media=media,
            job_id=job.id,
            created_at=datetime.now(UTC),
        )
        self.ledger.jobs.identify(job.id, "w", video)
        self._put_results(video, job.id, sentences, speaker, quality)
        assert self.ledger.jobs.complete(job.id)
        return video.id

    def _put_results(
        self, video: Video, job_id: UUID, sentences: Sequence[str], speaker: str, quality: Quality
    ) -> None:
        segments = [
            Segment(start=at * 10, end=at * 10 + 8, text=text, speaker=speaker) for at, text in enumerate(sentences)
        ]
        transcript = Transcript(segments=tuple(segments), language="en", source="sidecar", quality=quality)
        for form, text in (("json", write_json(transcript).decode()), ("vtt", "WEBVTT\n"), ("srt", "1\n")):
            key = f"{layout.results_prefix(video.id)}transcript.{form}"
            self.objects.write(RESULTS, key, text.encode(), content_type=layout.content_type(key))
        still = Thumbnail(at=0, key=layout.thumbnail_key(video.id, 0))
        info = MediaInfo(container="mp4", duration=80, size=9, video_codec="h264", audio_codec="aac")
        self.ledger.jobs.describe(
            video.id, info=info, poster=layout.poster_key(video.id), thumbnails=[still], language="en"
        )
        record = TranscriptRecord(
            video_id=video.id,
            key=layout.transcript_key(video.id, "json"),
            sha256="0" * 64,
            language="en",
            source="sidecar",
            engine="",
            quality=quality,
            segments=len(segments),
            words=transcript.word_count,
        )
        assert self.ledger.jobs.transcript_ready(job_id, record, emit=(), worker="w")
        chunks = [_chunk(video.id, at, segment, quality) for at, segment in enumerate(segments)]
        assert self.ledger.jobs.chunks_ready(job_id, chunks, index_id=self.ledger.indexes.serving(SPEC).id, emit=())
        vectors = WordVectors().embed([chunk.passage.text for chunk in chunks])
        self.vectors.upsert(
            [
                VectorItem(
                    chunk_id=chunk.id,
                    video_id=video.id,
                    position=chunk.passage.position,
                    start=chunk.passage.start,
                    end=chunk.passage.end,
                    speakers=chunk.passage.speakers,
                    date=datetime.now(UTC).date().isoformat(),
                    vector=vector,
                )
                for chunk, vector in zip(chunks, vectors, strict=True)
            ]
        )


def _chunk(video_id: UUID, at: int, segment: Segment, quality: Quality) -> Chunk:
    timing = Timing(first=0, last=len(segment.text), start=segment.start, end=segment.end, speaker=segment.speaker)
    passage = Passage(
        position=at,
        text=segment.text,
        start=segment.start,
        end=segment.end,
        tokens=9,
        speakers=(segment.speaker or "",),
        timings=(timing,),
    )
    return Chunk(id=identifier("chunk", video_id, at), video_id=video_id, passage=passage, quality=quality)


class NoMailer:
    """The API never hands a mail over itself."""


def _mailing(ledger: PostgresLedger, objects: Any) -> Mailing:
    mailer: Any = NoMailer()
    return Mailing(
        ledger.mails,
        ledger.videos,
        objects,
        mailer,
        results_bucket=RESULTS,
        sender="questions@videos.example",
        human="",
        welcome=Welcome(["example.com"]),
    )


def _desk(ledger: PostgresLedger, objects: Any, publishing: Publishing) -> ProjectDesk:
    """Pictures are fetched from this machine alone, since tests leave it not."""
    guard = Guard(resolve=lambda host, _: ["127.0.0.1"] if host == "pictures.test" else [])
    collecting = Collecting(ledger, objects, Download(guard), media_bucket=MEDIA)
    return ProjectDesk(
        collecting=collecting,
        sending=Sending(ledger, objects, collecting, media_bucket=MEDIA),
        ordering=Ordering(ledger, publishing, media_bucket=MEDIA),
        removing=Removing(ledger, objects, media_bucket=MEDIA, results_bucket=RESULTS),
    )


@pytest.fixture(scope="session")
def api_database(postgres: str, template: str) -> Iterator[Database]:
    """One database for all tests of the API, since there are many and each is short; emptied before each."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database api_tests template {template}")
    before, _, query = postgres.partition("?")
    opened = Database(f"{before.rpartition('/')[0]}/api_tests?{query}")
    yield opened
    opened.close()


def _emptied(database: Database) -> Database:
    with database.transaction() as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename not like '%migration%'"
        )
        # Not `truncate`, which makes new files for each table. In whatever order, since all of them go.
        connection.execute("set local session_replication_role = replica")
        each = [sql.SQL("delete from {}").format(sql.Identifier(row["tablename"])) for row in tables]
        connection.execute(sql.SQL("; ").join(each))
    return database


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """One application for all tests; each gives it what is to be behind it."""
    anything: Any = SimpleNamespace(cors_origins=(), dashboard=None)
    return create_app(anything)


@pytest.fixture
def world(api_database: Database, app: FastAPI) -> World:
    ledger, objects, vectors, published = (
        PostgresLedger(_emptied(api_database)),
        MemoryObjects(),
        MemoryVectors(),
        Published(),
    )
    store: Any = objects
    queues, streams = {queue.name: MemoryQueue() for queue in QUEUES}, MemoryStreams()
    embedder = WordVectors()
    answering = Answering(
        ledger.chunks, ledger.videos, lambda: opened(embedder, vectors), ExtractiveAnswerer, public_url=PUBLIC
    )
    publishing = Publishing(ledger.outbox, published)
    deps = ApiDependencies(
        ledger=ledger,
        objects=store,
        answering=answering,
        asking=Asking(published, _mailing(ledger, store)),
        uploading=Uploading(ledger, store, publishing, media_bucket=MEDIA, form_bytes=4_000_000),
        importing=Importing(
            ledger,
            store,
            Transcribing(ledger, store, results_bucket=RESULTS),
            publishing,
            media_bucket=MEDIA,
        ),
        resummarising=Resummarising(ledger, publishing),
        erasing=Erasing(ledger, store, lambda _: opened(embedder, vectors), media_bucket=MEDIA, results_bucket=RESULTS),
        purse=Purse(ledger.spending, PriceList.read(), 1.5),
        steering=Steering(ledger, store, publishing),
        dead_letters=DeadLetters(queues.__getitem__, streams, store, wait=0),
        projects=_desk(ledger, store, publishing),
        media_bucket=MEDIA,
        results_bucket=RESULTS,
        public_url=PUBLIC,
        presign_seconds=900,
    )
    _, key = create_key(ledger.keys, "tester", ("operate",))
    app.state.dependencies = deps
    api = TestClient(app, headers={"X-API-Key": key}, raise_server_exceptions=False)
    stranger = TestClient(app, raise_server_exceptions=False)
    return World(ledger, objects, vectors, published, deps, key, api, stranger, queues, streams)

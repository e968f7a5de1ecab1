"""Jobs that wait for their summary, on the real ledger, and a writer that does what it is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.functional.api.doubles import MemoryObjects, Published
from tests.indexes import SPEC
from tests.unit.meetings import meeting
from video_pipeline.chunking import make_chunk
from video_pipeline.erasing import Erasing
from video_pipeline.errors import PipelineError
from video_pipeline.model import Job, JobOptions, Source, Video, video_identifier
from video_pipeline.moments import moments
from video_pipeline.ports import Claimed, Submission
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.summaries.document import Summary
from video_pipeline.summaries.extractive import summarise
from video_pipeline.summaries.orders import SummaryOrder, order_message, read_order
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.summarising import Summarising
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.model import Passage, Transcript

RESULTS = "results"
TALK = meeting("garden", "rocket")


class Writer:
    """Writes what it says, or fails with what it is given first."""

    def __init__(self, *failures: PipelineError) -> None:
        self.failures = list(failures)
        self.asked = 0

    def write(self, video_id: UUID, spoken: Spoken) -> Summary:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return summarise(video_id, spoken).model_copy(update={"engine": "double-1"})


@dataclass
class World:
    ledger: PostgresLedger
    objects: MemoryObjects
    published: Published

    def indexed(self, transcript: Transcript = TALK, name: str = "a") -> Job:
        """A job that waits for its summary."""
        media = self.objects.write("media", f"uploads/{name}.mp4", b"film", content_type="video/mp4")
        source = Source(kind="object", media=media, filename=f"{name}.mp4", size=4)
        ((job, _),) = self.ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
        assert isinstance(self.ledger.jobs.claim(job.id, "w"), Claimed)
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        video = Video(
            id=video_identifier(sha256),
            sha256=sha256,
            title=name,
            filename=source.filename,
            media=media,
            job_id=job.id,
            created_at=datetime.now(UTC),
        )
        self.ledger.jobs.identify(job.id, "w", video)
        store: Any = self.objects
        Transcribing(self.ledger, store, results_bucket=RESULTS).store(job, video.id, transcript, worker="w")
        index = self.ledger.indexes.serving(SPEC).id
        passage = Passage(position=0, text="x", start=0, end=1, tokens=1)
        chunk = make_chunk(index, video.id, passage, "captions")
        assert self.ledger.jobs.chunks_ready(job.id, [chunk], index_id=index, emit=[])
        assert self.ledger.jobs.embedded(job.id, emit=[order_message(job.id, video.id)])
        return self.ledger.jobs.get(job.id)

    def summarising(self, writer: Writer | None = None) -> Summarising:
        store: Any = self.objects
        link = moments("https://v.example")
        return Summarising(self.ledger, store, writer, results_bucket=RESULTS, link=link)

    def orders(self) -> list[SummaryOrder]:
        """What lies in the queue, oldest first; taken away."""
        self.ledger.outbox.drain(self.published.publish)
        messages, self.published.messages[:] = list(self.published.messages), []
        self.delays = [each.delay for each in messages if each.destination == "summary-queue"]
        return [read_order(each.body) for each in messages if each.destination == "summary-queue"]

    def erasing(self) -> Erasing:
        store: Any = self.objects
        return Erasing(self.ledger, store, _nothing, media_bucket="media", results_bucket=RESULTS)


def _nothing(_: Any) -> Any:
    class Vectors:
        def delete_video(self, _: UUID) -> int:
            return 0

    class Opened:
        vectors = Vectors()

    return Opened()

"""A transcript becomes passages, in the ledger and as JSON Lines in the results bucket."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from video_pipeline.events import ChunksReady, TranscriptReady, announce
from video_pipeline.layout import chunks_key, content_type
from video_pipeline.model import Chunk, Job, ObjectRef, digest, identifier
from video_pipeline.outcomes import recorded
from video_pipeline.ports import Ledger, Objects, TokenCounter
from video_pipeline.topology import CHUNK
from video_pipeline.transcripts.json_format import read_json
from video_pipeline.transcripts.model import Passage, Quality
from video_pipeline.transcripts.packing import pack

logger = logging.getLogger(__name__)
_TRANSCRIPT_BYTES = 256 * 1024**2


class Chunking:
    """Packs transcripts to a token budget."""

    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        counter: TokenCounter,
        *,
        results_bucket: str,
        budget: int,
        minimum: int,
    ) -> None:
        self._ledger = ledger
        self._objects = objects
        self._counter = counter
        self._bucket = results_bucket
        self._budget = budget
        self._minimum = minimum

    def chunk(self, event: TranscriptReady) -> None:
        """Does nothing if the job is past that stage. Bad input fails the job; `Unavailable` is for the caller."""
        job = self._ledger.jobs.enter(event.job_id, CHUNK, "chunking")
        if job is None:
            logger.info("transcript already cut")
            return
        with recorded(self._ledger, job):
            self._chunk(job, event.video_id)

    def _chunk(self, job: Job, video_id: UUID) -> None:
        record = self._ledger.videos.transcript(video_id)
        raw = self._objects.read(ObjectRef(bucket=self._bucket, key=record.key), limit=_TRANSCRIPT_BYTES)
        passages = pack(read_json(raw), self._counter.count, budget=self._budget, minimum=self._minimum)
        chunks = [make_chunk(video_id, passage, record.quality) for passage in passages]
        key = chunks_key(video_id)
        self._objects.write(self._bucket, key, as_json_lines(chunks), content_type=content_type(key))
        emit = [announce(ChunksReady(job_id=job.id, video_id=video_id), unique=job.id)]
        moved = self._ledger.jobs.chunks_ready(job.id, chunks, emit=emit)
        logger.info("transcript cut", extra={"passages": len(chunks), "moved": moved})


def make_chunk(video_id: UUID, passage: Passage, quality: Quality) -> Chunk:
    """The same passage of the same video is the same chunk."""
    chunk_id = identifier("chunk", video_id, passage.position, passage.start, passage.end, digest(passage.text))
    return Chunk(id=chunk_id, video_id=video_id, passage=passage, quality=quality)


def as_json_lines(chunks: Sequence[Chunk]) -> bytes:
    return b"".join(chunk.model_dump_json(exclude_none=True).encode() + b"\n" for chunk in chunks)

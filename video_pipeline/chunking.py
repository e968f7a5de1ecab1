"""A transcript becomes passages, in the ledger and as JSON Lines in the results bucket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from video_pipeline.events import ChunksReady, TranscriptReady, announce
from video_pipeline.layout import chunks_key, content_type
from video_pipeline.model import Chunk, Index, ObjectRef, TranscriptRecord, digest, identifier
from video_pipeline.outcomes import recorded
from video_pipeline.ports import Ledger, Objects, TokenCounter
from video_pipeline.topology import CHUNK
from video_pipeline.transcripts.json_format import read_json
from video_pipeline.transcripts.model import Passage, Quality
from video_pipeline.transcripts.packing import pack

logger = logging.getLogger(__name__)
_TRANSCRIPT_BYTES = 256 * 1024**2


class Cutter:
    """Packs transcripts to the token budget of an index."""

    def __init__(self, objects: Objects, counter: TokenCounter, *, results_bucket: str) -> None:
        self._objects = objects
        self._counter = counter
        self._bucket = results_bucket

    def cut(self, video_id: UUID, record: TranscriptRecord, index: Index) -> list[Chunk]:
        """The passages, which are then also in the bucket."""
        raw = self._objects.read(ObjectRef(bucket=self._bucket, key=record.key), limit=_TRANSCRIPT_BYTES)
        spec = index.spec
        passages = pack(
            read_json(raw), self._counter.count, budget=spec.chunk_tokens, minimum=spec.chunk_minimum_tokens
        )
        chunks = [make_chunk(index.id, video_id, passage, record.quality) for passage in passages]
        key = chunks_key(video_id, index.id)
        self._objects.write(self._bucket, key, as_json_lines(chunks), content_type=content_type(key))
        return chunks

    def forget(self, index: Index, video_ids: Sequence[UUID]) -> int:
        """Removes from the bucket what an index had of these videos; how many objects went."""
        return self._objects.delete(self._bucket, [chunks_key(each, index.id) for each in video_ids])


class Chunking:
    """Cuts the transcripts of jobs for the index that serves."""

    def __init__(self, ledger: Ledger, cutter: Cutter, serving: Callable[[], Index]) -> None:
        self._ledger = ledger
        self._cutter = cutter
        self._serving = serving

    def chunk(self, event: TranscriptReady) -> None:
        """Does nothing if the job is past that stage. Bad input fails the job; `Unavailable` is for the caller."""
        job = self._ledger.jobs.enter(event.job_id, CHUNK, "chunking")
        if job is None:
            logger.info("transcript already cut")
            return
        with recorded(self._ledger, job):
            self._chunk(job.id, event.video_id)

    def _chunk(self, job_id: UUID, video_id: UUID) -> None:
        index = self._serving()
        chunks = self._cutter.cut(video_id, self._ledger.videos.transcript(video_id), index)
        emit = [announce(ChunksReady(job_id=job_id, video_id=video_id), unique=index.id)]
        moved = self._ledger.jobs.chunks_ready(job_id, chunks, index_id=index.id, emit=emit)
        logger.info("transcript cut", extra={"passages": len(chunks), "moved": moved})


def make_chunk(index_id: UUID, video_id: UUID, passage: Passage, quality: Quality) -> Chunk:
    """The same passage of the same video is the same chunk of an index."""
    parts = (index_id, video_id, passage.position, passage.start, passage.end, digest(passage.text))
    return Chunk(id=identifier("chunk", *parts), video_id=video_id, passage=passage, quality=quality)


def as_json_lines(chunks: Sequence[Chunk]) -> bytes:
    return b"".join(chunk.model_dump_json(exclude_none=True).encode() + b"\n" for chunk in chunks)

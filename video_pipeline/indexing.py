"""Passages become vectors; then the video can be asked about, and is to be summarised."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from video_pipeline.events import ChunksReady, VideoIndexed, announce
from video_pipeline.model import Chunk, Job, VectorItem, Video
from video_pipeline.outcomes import recorded
from video_pipeline.ports import Ledger, OpenIndex, Progress
from video_pipeline.spending import spent_for
from video_pipeline.summaries.orders import order_message
from video_pipeline.topology import EMBED
from video_pipeline.transcripts.model import primary_tag
from video_pipeline.transcripts.rendering import labelled

logger = logging.getLogger(__name__)
# Between two of these the progress bar moves; the adapters batch as their services like it.
_AT_ONCE = 64


class Indexing:
    """Embeds what was cut and puts it into the index that serves."""

    def __init__(self, ledger: Ledger, serving: Callable[[], OpenIndex]) -> None:
        self._ledger = ledger
        self._serving = serving

    def index(self, event: ChunksReady) -> None:
        """Does nothing if the job is past that stage. Bad input fails the job; `Unavailable` is for the caller."""
        job = self._ledger.jobs.enter(event.job_id, EMBED, "embedding")
        if job is None:
            logger.info("passages already embedded")
            return
        with recorded(self._ledger, job), spent_for(job_id=job.id):
            self._index(job, event.video_id)

    def _index(self, job: Job, video_id: UUID) -> None:
        opened = self._serving()
        chunks = self._ledger.chunks.of_video(video_id)
        embed(
            opened,
            self._ledger.videos.get(video_id),
            chunks,
            lambda fraction: self._ledger.jobs.report(job.id, EMBED, fraction),
        )
        detail = {"vectors": len(chunks), "model": opened.embedder.model}
        indexed = announce(VideoIndexed(job_id=job.id, video_id=video_id), unique=job.id)
        # If another index serves by now, the job was sent back to be cut for that one, and does not go on here.
        emit = [indexed, order_message(job.id, video_id)]
        moved = self._ledger.jobs.embedded(job.id, emit=emit, detail=detail)
        logger.info("video indexed", extra={**detail, "moved": moved})


def embed(opened: OpenIndex, video: Video, chunks: Sequence[Chunk], progress: Progress = lambda _: None) -> None:
    """The video's vectors in this index are those of `chunks`, and no others."""
    # What an earlier attempt with other passages may have left would only be in the way.
    opened.vectors.clear_video(video.id)
    for first in range(0, len(chunks), _AT_ONCE):
        some = chunks[first : first + _AT_ONCE]
        vectors = opened.embedder.embed([_said(chunk, opened) for chunk in some])
        opened.vectors.upsert([_item(c, video, v) for c, v in zip(some, vectors, strict=True)])
        progress((first + len(some)) / len(chunks))


def _said(chunk: Chunk, opened: OpenIndex) -> str:
    return labelled(chunk.passage) if opened.index.spec.labelled else chunk.passage.text


def _item(chunk: Chunk, video: Video, vector: tuple[float, ...]) -> VectorItem:
    passage = chunk.passage
    return VectorItem(
        chunk_id=chunk.id,
        video_id=chunk.video_id,
        position=passage.position,
        start=passage.start,
        end=passage.end,
        speakers=passage.speakers,
        date=video.day.isoformat(),
        language=primary_tag(video.language),
        vector=vector,
    )

"""Transcripts become summaries: kept in the ledger, and in the results bucket as JSON and Markdown.

A language model that fails for now does not keep people waiting: what can be said without it is kept at once, and
replaced when a later try succeeds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from video_pipeline import layout
from video_pipeline.errors import PipelineError, Unavailable
from video_pipeline.model import Job, Message, ObjectRef, TranscriptRecord, Video
from video_pipeline.ports import Ledger, Objects
from video_pipeline.retrying import as_failure, pause_before_retry
from video_pipeline.summaries.document import KeptSummary, Summary
from video_pipeline.summaries.extractive import summarise as extracted
from video_pipeline.summaries.markdown import markdown_of
from video_pipeline.summaries.orders import SummaryOrder, order_message
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.topology import SUMMARISE, SUMMARY_RETRY
from video_pipeline.transcripts.json_format import read_json

logger = logging.getLogger(__name__)
RUNNER: Final = "summary"
_TRANSCRIPT_BYTES: Final = 256 * 1024**2
_WITHOUT_MODEL: Final = "The language model could not be asked: {reason} What was said is quoted instead."
_NOTHING_TOLD: Final = "No summary could be made: {reason}"


class Writer(Protocol):
    """Writes a summary with a language model."""

    def write(self, video_id: UUID, spoken: Spoken) -> Summary:
        """`Unavailable` while the model can't be asked for any part of it; `PipelineError` when it can't be at all."""
        ...


class Summarising:
    """Summaries of videos, one each; a new one takes the place of the one before."""

    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        writer: Writer | None,
        *,
        results_bucket: str,
        link: Callable[[UUID, float], str],
    ) -> None:
        """Without `writer` summaries are made of what was said alone. `link` plays a video from a second."""
        self._ledger = ledger
        self._objects = objects
        self._writer = writer
        self._bucket = results_bucket
        self._link = link

    def summarise(self, order: SummaryOrder) -> None:
        """Does nothing if such a summary is there. A job ends with it, well, even if no summary can be made."""
        job = self._ledger.jobs.enter(order.job_id, SUMMARISE, RUNNER)
        try:
            again = self._summarise(order)
        except PipelineError as error:
            self._failed(job, error)
            return
        if job is not None and not again:
            moved = self._ledger.jobs.complete(job.id)
            logger.info("video summarised", extra={"moved": moved})

    def _failed(self, job: Job | None, error: PipelineError) -> None:
        """A video that can be asked about has not failed for want of a summary."""
        failure = as_failure(error)
        logger.exception("no summary", extra={"reason": failure.code})
        if job is not None:
            self._ledger.jobs.end_stage(job.id, SUMMARISE, status="failed", failure=failure)
            if isinstance(error, Unavailable):
                self._ledger.jobs.waits_for_service(job.id)
        if failure.retryable:
            raise error
        if job is not None:
            self._ledger.jobs.complete(job.id, note=_NOTHING_TOLD.format(reason=failure.message))

    def _summarise(self, order: SummaryOrder) -> bool:
        """Whether it is to be tried again."""
        record = self._ledger.videos.transcript(order.video_id)
        if self._is_there(order, record):
            logger.info("summary is there already")
            return False
        raw = self._objects.read(ObjectRef(bucket=self._bucket, key=record.key), limit=_TRANSCRIPT_BYTES)
        spoken = Spoken(read_json(raw))
        summary, pause = self._written(order, spoken)
        self._keep(order, record, summary, [] if pause is None else [_following(order, pause)])
        return pause is not None

    def _is_there(self, order: SummaryOrder, record: TranscriptRecord) -> bool:
        kept = self._ledger.summaries.find(order.video_id)
        if kept is None or kept.transcript != record.sha256 or order.attempt > 1:
            return False
        return order.request is None or order.request == kept.request

    def _written(self, order: SummaryOrder, spoken: Spoken) -> tuple[Summary, float | None]:
        """With the model if there is one and it can be asked; else without it, and when to ask it again."""
        if self._writer is None or not spoken.sentences:
            return extracted(order.video_id, spoken), None
        try:
            return self._writer.write(order.video_id, spoken), None
        except PipelineError as error:
            logger.warning("summarised without the model", extra={"reason": error.code, "attempt": order.attempt})
            plain = extracted(order.video_id, spoken)
            told = _WITHOUT_MODEL.format(reason=error.message)
            noted = plain.model_copy(update={"notes": (*plain.notes, told)})
            return noted, pause_before_retry(error, order.attempt, SUMMARY_RETRY)

    def _keep(self, order: SummaryOrder, record: TranscriptRecord, summary: Summary, emit: Sequence[Message]) -> None:
        video = self._ledger.videos.get(order.video_id)
        kept = KeptSummary(
            summary=summary, transcript=record.sha256, request=order.request, created_at=datetime.now(UTC)
        )
        self._write(video, summary)
        if not self._ledger.summaries.save(kept, emit=emit):
            # It was erased in the meantime: what was written just now goes as well.
            self._objects.delete(self._bucket, layout.summary_keys(order.video_id))
        logger.info("summary kept", extra={"engine": summary.engine, "dropped": summary.dropped, "kind": summary.kind})

    def _write(self, video: Video, summary: Summary) -> None:
        text = markdown_of(summary, video, self._link)
        documents = (summary.model_dump_json(exclude_none=True), text)
        for key, content in zip(layout.summary_keys(video.id), documents, strict=True):
            self._objects.write(self._bucket, key, content.encode(), content_type=layout.content_type(key))


def _following(order: SummaryOrder, pause: float) -> Message:
    return order_message(order.job_id, order.video_id, request=order.request, attempt=order.attempt + 1, delay=pause)

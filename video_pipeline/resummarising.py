"""Somebody wants a new summary of a video. Apart from the making of it, so that who only orders one loads little."""

from __future__ import annotations

from uuid import UUID, uuid4

from video_pipeline.errors import Conflict
from video_pipeline.ports import Ledger
from video_pipeline.publishing import Publishing
from video_pipeline.summaries.orders import order_message


class Resummarising:
    """Asks for a new summary of a video that has one, or should have."""

    def __init__(self, ledger: Ledger, publishing: Publishing) -> None:
        self._ledger = ledger
        self._publishing = publishing

    def ask(self, job_id: UUID) -> UUID:
        """The id of the video that will be summarised anew. `Conflict` before it has a transcript."""
        job = self._ledger.jobs.get(job_id)
        emit = [] if job.video_id is None else [order_message(job.id, job.video_id, request=uuid4())]
        if job.video_id is None or not self._ledger.summaries.order(job.video_id, emit=emit):
            raise Conflict("not_transcribed", "This job's video has no transcript.", hint="Look at the job's status.")
        self._publishing.flush()
        return job.video_id

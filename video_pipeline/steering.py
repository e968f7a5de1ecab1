"""What people may do to a job: end it, try it again, run it again from a stage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID, uuid4

from video_pipeline.errors import Conflict, NotFound
from video_pipeline.events import ChunksReady, TranscriptReady, announce
from video_pipeline.model import CANCELLED, Failure, Job, JobStatus, Message, start_message
from video_pipeline.outcomes import job_failed
from video_pipeline.ports import Ledger, Objects
from video_pipeline.publishing import Publishing
from video_pipeline.summaries.orders import order_message
from video_pipeline.topology import ALL_STAGE_NAMES, CHUNK, EMBED, FETCH, RECEIVE, RENDER, STAGE_NAMES, SUMMARISE

logger = logging.getLogger(__name__)
# What carries a job on from a stage. The stages before are a worker's, who begins with the download: it keeps nothing
# from one attempt to the next.
_CARRIED_ON: Final[Mapping[str, Callable[[Job], Message]]] = {
    # Each time another event: the same one would be taken for a repeat.
    CHUNK: lambda job: announce(TranscriptReady(job_id=job.id, video_id=job.video_id), unique=uuid4()),
    EMBED: lambda job: announce(ChunksReady(job_id=job.id, video_id=job.video_id), unique=uuid4()),
    SUMMARISE: lambda job: order_message(job.id, job.video_id or job.id, request=uuid4()),
}


class Steering:
    """Every wish is one move of the ledger. A wish that comes twice does nothing the second time, or is refused."""

    def __init__(self, ledger: Ledger, objects: Objects, publishing: Publishing) -> None:
        self._ledger = ledger
        self._objects = objects
        self._publishing = publishing

    def cancel(self, job_id: UUID, by: str) -> Job:
        """The job, failed with the reason `cancelled`. A worker stops at its next heartbeat or step.

        `Conflict` job_finished for one that has ended in another way.
        """
        failure = Failure(code=CANCELLED, message=f"It was cancelled by {by}.", hint="Retry it to go on.")
        job = self._ledger.jobs.cancel(job_id, failure, emit=lambda cancelled: job_failed(cancelled, failure))
        logger.info("job cancelled", extra={"job_id": str(job_id), "stage": job.stage})
        self._publishing.flush()
        return job

    def retry(self, job_id: UUID) -> Job:
        """A failed job tries again at the stage where it failed. `Conflict` for one that has not failed."""
        job = self._ledger.jobs.get(job_id)
        if job.status is JobStatus.COMPLETED:
            raise Conflict("job_completed", f"Job {job_id} is completed.", hint="Run it again from a stage.")
        return self._begin(job, job.stage)

    def rerun(self, job_id: UUID, stage: str) -> Job:
        """A finished job runs again from a stage that it has come to before, for the same video.

        What was made stays in use until it is replaced. `Conflict` stage_not_reached and as `ports.Jobs.restart`.
        """
        job = self._ledger.jobs.get(job_id)
        if job.stage == RENDER:
            hint = "Render its project again."
            raise Conflict("stage_impossible", f"Job {job_id} renders a slideshow, and has no other stages.", hint=hint)
        reached = STAGE_NAMES[-1] if job.status is JobStatus.COMPLETED else job.stage
        if STAGE_NAMES.index(stage) > STAGE_NAMES.index(reached):
            raise Conflict(
                "stage_not_reached", f"Job {job_id} came as far as {reached} only.", hint="Retry it, or begin earlier."
            )
        return self._begin(job, stage)

    def _begin(self, job: Job, stage: str) -> Job:
        entry = _entry(stage)
        if entry == FETCH and job.finished:
            self._expect_media(job)
        again = self._ledger.jobs.restart(job.id, entry, emit=_carrying_on)
        logger.info("job begins again", extra={"job_id": str(job.id), "stage": again.stage})
        self._publishing.flush()
        return again

    def _expect_media(self, job: Job) -> None:
        """Said now, before a job that had ended well ends badly."""
        source = job.source
        if source.kind == "transcript":
            raise Conflict("stage_impossible", "Only a transcript came in, no film.", hint=f"Begin at {CHUNK}.")
        if source.kind == "segments" and job.video_id is None:
            return  # They are not put together before they were read.
        try:
            self._objects.head(source.media)
        except NotFound as error:
            raise Conflict(
                "media_gone",
                "The file is not there any more; what was sent is kept for a limited time.",
                hint=f"Send it again, or begin at {CHUNK}.",
            ) from error


def _entry(stage: str) -> str:
    """The last place at or before a stage at which a job can begin."""
    before = ALL_STAGE_NAMES[: ALL_STAGE_NAMES.index(stage) + 1]
    return next(name for name in reversed(before) if name in (RECEIVE, FETCH, RENDER, *_CARRIED_ON))


def _carrying_on(job: Job) -> list[Message]:
    if job.stage == RECEIVE:
        return []
    carried_on = _CARRIED_ON.get(job.stage)
    return [carried_on(job) if carried_on else start_message(job.id, job.source)]

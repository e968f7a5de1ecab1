"""How a failing stage is written down, the same for everyone who works on jobs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from video_pipeline.errors import Unavailable
from video_pipeline.events import JobFailed, announce
from video_pipeline.model import Failure, Job, Message, work_message
from video_pipeline.ports import Ledger
from video_pipeline.retrying import as_failure
from video_pipeline.topology import PROCESSING_DLQ

logger = logging.getLogger(__name__)


def job_failed(job: Job, failure: Failure) -> list[Message]:
    """What a job's bad end causes: an event, and, if another try might end better, a dead letter to redrive it with."""
    # Short, since a stream refuses what is too long.
    body = JobFailed(job_id=job.id, video_id=job.video_id, code=failure.code, message=failure.message[:2000])
    dead_letter = work_message(job.id).model_copy(update={"destination": PROCESSING_DLQ.name})
    return [announce(body, unique=job.updated_at.isoformat()), *([dead_letter] if failure.retryable else [])]


@contextmanager
def recorded(ledger: Ledger, job: Job) -> Iterator[None]:
    """Around a stage without a lease: what goes wrong is a line of the timeline.

    What may go better next time is raised again, for the caller to repeat; anything else ends the job. While a service
    is away the job waits, and does not end for having been announced too often.
    """
    try:
        yield
    except Exception as error:
        failure = as_failure(error)
        logger.exception("stage failed", extra={"stage": job.stage, "reason": failure.code})
        ledger.jobs.end_stage(job.id, job.stage, status="failed", failure=failure)
        if failure.retryable:
            if isinstance(error, Unavailable):
                ledger.jobs.waits_for_service(job.id)
            raise
        ledger.jobs.fail(job.id, failure, emit=job_failed(job, failure))

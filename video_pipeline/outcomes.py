"""How a failing stage is written down, the same for everyone who works on jobs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from video_pipeline.errors import Conflict, Resting, Unavailable
from video_pipeline.events import JobFailed, announce
from video_pipeline.model import Failure, Job, Message, work_message
from video_pipeline.ports import Ledger
from video_pipeline.retrying import as_failure, pause_before_retry
from video_pipeline.topology import PROCESSING_DLQ, Retry

logger = logging.getLogger(__name__)
# Where nobody said how long.
RESTING_SECONDS: Final = 60.0


def waiting_note(error: Resting) -> str:
    return f"It had to wait: {error.message}"


def job_failed(job: Job, failure: Failure) -> list[Message]:
    """What a job's bad end causes: an event, and, if another try might end better, a dead letter to redrive it with."""
    # Short, since a stream refuses what is too long.
    body = JobFailed(job_id=job.id, video_id=job.video_id, code=failure.code, message=failure.message[:2000])
    dead_letter = work_message(job.id).model_copy(update={"destination": PROCESSING_DLQ.name})
    return [announce(body, unique=job.updated_at.isoformat()), *([dead_letter] if failure.retryable else [])]


@contextmanager
def attempted(ledger: Ledger, job: Job, worker: str, policy: Retry) -> Iterator[None]:
    """Around an attempt of a worker that holds the job: what goes wrong is written down, or tried again later.

    A lease that was lost ends the attempt without a trace: somebody else has the job, or it is over.
    """
    try:
        yield
    except Conflict as error:
        logger.warning("job left", extra={"reason": error.code})
    except Exception as error:
        logger.exception("attempt failed")
        try:
            _settle(ledger, job, worker, error, policy)
        except Conflict as conflict:
            logger.warning("outcome not written", extra={"reason": conflict.code})


def _settle(ledger: Ledger, job: Job, worker: str, error: Exception, policy: Retry) -> None:
    failure, pause = as_failure(error), pause_before_retry(error, job.attempt, policy)
    if pause is None:
        resend = failure.code == "hash_mismatch"
        ledger.jobs.fail(job.id, failure, emit=job_failed(job, failure), worker=worker, resend=resend)
        return
    ledger.jobs.retry_later(job.id, worker, failure, pause, counts=not isinstance(error, Resting))
    if isinstance(error, Resting):
        ledger.jobs.note(job.id, waiting_note(error))


@contextmanager
def recorded(ledger: Ledger, job: Job) -> Iterator[None]:
    """Around a stage without a lease: what goes wrong is a line of the timeline.

    What may go better next time is raised again, for the caller to repeat; anything else ends the job. While a service
    is away the job waits, and does not end for having been announced too often; for one that is at rest, as long as
    it has to, and the sweeper announces it again.
    """
    try:
        yield
    except Resting as error:
        logger.warning("job waits", extra={"stage": job.stage, "reason": error.code, "delay": error.delay})
        ledger.jobs.postpone(job.id, job.stage, as_failure(error), error.delay or RESTING_SECONDS)
        ledger.jobs.note(job.id, waiting_note(error))
    except Exception as error:
        failure = as_failure(error)
        logger.exception("stage failed", extra={"stage": job.stage, "reason": failure.code})
        ledger.jobs.end_stage(job.id, job.stage, status="failed", failure=failure)
        if failure.retryable:
            if isinstance(error, Unavailable):
                ledger.jobs.waits_for_service(job.id)
            raise
        ledger.jobs.fail(job.id, failure, emit=job_failed(job, failure))

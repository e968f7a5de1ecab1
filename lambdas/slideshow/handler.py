"""Films of projects: `{"project_id": …}` from anybody who may call the function, or jobs from the slideshow queue.

Promise: the same manifest is rendered once. A call is answered with the film's address, or with the job when a worker
has it: the film is too long for a function, or all places are taken. A function that dies leaves its job to its lease,
and so to a worker.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import cache
from threading import Event
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from video_pipeline.errors import BadInput, PipelineError
from video_pipeline.heartbeat import beating
from video_pipeline.logs import bound, configure
from video_pipeline.model import JobStatus, ObjectRef, Project, work_message
from video_pipeline.ports import Claimed, NotNow
from video_pipeline.retrying import as_failure
from video_pipeline.settings import SlideshowSettings
from video_pipeline.wiring import SlideshowHost, open_slideshow

logger = logging.getLogger(__name__)
# Before Lambda ends it, so that the job can be given to a worker at once.
_RESERVE_MILLISECONDS: Final = 20_000


class Context(Protocol):
    """What is used of Lambda's."""

    def get_remaining_time_in_millis(self) -> int: ...


@cache
def host() -> SlideshowHost:
    settings = SlideshowSettings()
    configure("slideshow", settings.log_level)
    return open_slideshow(settings)


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """`{"statusCode": 200, "body": {"project_id", "video_url"}}`, 202 with the job, 4xx with a problem.

    A film with a track of captions has a `captions_url`, too. For records of the queue `{"batchItemFailures": […]}`.
    """
    return _records(event["Records"], context) if "Records" in event else _called(event, context)


# --------------------------------------------------------------------------------------------- the queue
def _records(records: list[dict[str, Any]], context: Context) -> dict[str, Any]:
    failed = [each["messageId"] for each in records if not _done(each, context)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _done(record: Mapping[str, Any], context: Context) -> bool:
    try:
        _work(UUID(json.loads(record["body"])["job_id"]), context)
    except (ValueError, KeyError, TypeError):
        # Left alone, it goes to the dead letters after its receives.
        logger.exception("message names no job")
        return False
    except PipelineError as error:
        logger.warning("message comes again", extra={"reason": error.code, "detail": str(error)})
        return False
    return True


# ---------------------------------------------------------------------------------------------- a call
def _called(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    try:
        project = host().ordering.order(_project_id(event), "a call of the function")
        if project.state == "rendering" and project.job_id is not None:
            _work(project.job_id, context)
        return _answer(host().ledger.projects.get(project.id))
    except PipelineError as error:
        if error.retryable:
            raise
        failure = as_failure(error)
        return {"statusCode": 400, "body": failure.model_dump(include={"code", "message", "hint"})}


def _project_id(event: Mapping[str, Any]) -> UUID:
    try:
        return UUID(str(event["project_id"]))
    except (KeyError, ValueError) as error:
        hint = 'Send {"project_id": "…"}.'
        raise BadInput("project_id_missing", "The event names no project.", hint=hint) from error


def _answer(project: Project) -> dict[str, Any]:
    about: dict[str, Any] = {"project_id": str(project.id)}
    if project.state == "rendered" and project.film is not None:
        track = {"captions_url": _link(project.film.captions)} if project.film.captions else {}
        return {"statusCode": 200, "body": about | {"video_url": _link(project.film.media)} | track}
    job = host().ledger.jobs.get(project.job_id) if project.job_id else None
    if job is not None and job.status is JobStatus.FAILED and job.failure is not None:
        said = job.failure.model_dump(include={"code", "message", "hint"})
        return {"statusCode": 422, "body": about | {"job_id": str(job.id)} | said}
    return {"statusCode": 202, "body": about | {"job_id": str(project.job_id), "status": "a worker renders it"}}


def _link(media: ObjectRef) -> str:
    return host().objects.presign_get(media, seconds=host().presign_seconds)


# ---------------------------------------------------------------------------------------------- the job
def _work(job_id: UUID, context: Context) -> None:
    """Raises what the ledger raises; what goes wrong with the film is in the job."""
    worker = f"slideshow:{uuid4().hex[:12]}"
    with bound(job_id=job_id):
        claim = host().ledger.jobs.claim(job_id, worker)
        if isinstance(claim, Claimed):
            with beating(lambda: host().ledger.jobs.beat(job_id, worker), host().heartbeat_seconds) as lost:
                host().rendering.work(claim.job, worker, lambda: _may_go_on(lost, context))
            _hand_on_if_out_of_time(job_id, worker, context)
        elif isinstance(claim, NotNow):
            logger.info("left to a worker", extra={"because": claim.reason})
            host().publisher.publish([work_message(job_id, claim.delay)])
        else:
            logger.info("nothing to do for this job", extra={"because": claim.reason})


def _may_go_on(lost: Event, context: Context) -> bool:
    return not lost.is_set() and context.get_remaining_time_in_millis() > _RESERVE_MILLISECONDS


def _hand_on_if_out_of_time(job_id: UUID, worker: str, context: Context) -> None:
    if context.get_remaining_time_in_millis() <= _RESERVE_MILLISECONDS:
        host().rendering.hand_on(job_id, worker)
        host().publishing.flush()

"""Jobs: list them, follow one, end one, begin one again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from video_pipeline.api.dependencies import Caller, Deps
from video_pipeline.api.models.filters import JobQuery
from video_pipeline.api.models.jobs import JobInfo, JobPage, JobStatusResponse, RerunRequest
from video_pipeline.api.paging import Cursor, Limit, page_of
from video_pipeline.api.problems import refusals
from video_pipeline.model import Job
from video_pipeline.ports import After

router = APIRouter(tags=["jobs"])


@router.get("/status/{job_id}", summary="A job with its stage timeline", responses=refusals(404))
def get_status(job_id: UUID, deps: Deps) -> JobStatusResponse:
    return _shown(deps, deps.ledger.jobs.get(job_id))


@router.get("/jobs", summary="Jobs, newest first unless asked otherwise")
def list_jobs(deps: Deps, wanted: Annotated[JobQuery, Query()], limit: Limit = 50, cursor: Cursor = None) -> JobPage:
    """A filter that nothing passes gives an empty list. While jobs move, `sort=updated_at` may show one twice."""
    where, jobs, sort = wanted.wanted(), deps.ledger.jobs, wanted.sort

    def last(job: Job) -> After:
        return After(job.updated_at if sort.endswith("updated_at") else job.created_at, job.id)

    shown, following = page_of(
        lambda most, after: jobs.page(where, sort=sort, limit=most, after=after), limit, cursor, sort=sort, last=last
    )
    return JobPage(items=[JobInfo.of(job) for job in shown], next=following)


@router.post("/jobs/{job_id}/cancel", summary="Cancel a job", responses=refusals(404, 409))
def cancel_job(job_id: UUID, deps: Deps, caller: Caller) -> JobStatusResponse:
    """It is `failed` with the reason `cancelled` at once; a worker stops at its next heartbeat or step.

    Repeating it is harmless. 409 for a job that has ended already.
    """
    return _shown(deps, deps.steering.cancel(job_id, f"api key {caller.prefix}"))


@router.post("/jobs/{job_id}/retry", status_code=202, summary="Try a failed job again", responses=refusals(404, 409))
def retry_job(job_id: UUID, deps: Deps) -> JobStatusResponse:
    """At the stage where it failed; those before the chunks begin with the download. 409 unless it has failed."""
    return _shown(deps, deps.steering.retry(job_id))


@router.post("/jobs/{job_id}/rerun", status_code=202, summary="Run a finished job again", responses=refusals(404, 409))
def rerun_job(job_id: UUID, request: RerunRequest, deps: Deps) -> JobStatusResponse:
    """From a stage that it has come to. What it made stays in use until it is replaced.

    409 while it is at work, when its file or video is gone, or when another job makes the video.
    """
    return _shown(deps, deps.steering.rerun(job_id, request.stage))


def _shown(deps: Deps, job: Job) -> JobStatusResponse:
    return JobStatusResponse.with_stages(job, deps.ledger.jobs.timeline(job.id))

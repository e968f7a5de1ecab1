"""Jobs: list them, follow one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.jobs import JobInfo, JobPage, JobStatusResponse
from video_pipeline.api.paging import Cursor, Limit, page_of
from video_pipeline.api.problems import refusals
from video_pipeline.model import JobStatus

router = APIRouter(tags=["jobs"])


@router.get("/status/{job_id}", summary="A job with its stage timeline", responses=refusals(404))
def get_status(job_id: UUID, deps: Deps) -> JobStatusResponse:
    jobs = deps.ledger.jobs
    return JobStatusResponse.with_stages(jobs.get(job_id), jobs.timeline(job_id))


@router.get("/jobs", summary="Jobs, newest first")
def list_jobs(
    deps: Deps,
    status: Annotated[JobStatus | None, Query(description="Only jobs in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JobPage:
    jobs = deps.ledger.jobs
    shown, following = page_of(lambda most, before: jobs.page(status=status, limit=most, before=before), limit, cursor)
    return JobPage(items=[JobInfo.of(job) for job in shown], next=following)

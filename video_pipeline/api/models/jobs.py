"""Jobs and their timelines, as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import Field, WithJsonSchema

from video_pipeline.api.models.base import RequestModel, ResponseModel, one_of
from video_pipeline.model import Failure, Job, JobStatus, StageAttempt
from video_pipeline.topology import FETCH, RECEIVE, STAGE_NAMES


class ErrorInfo(ResponseModel):
    """Why something failed and what to do; stack traces stay with the operators."""

    code: str = Field(examples=["media_unreadable"])
    message: str
    hint: str = ""

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        return None if failure is None else cls(code=failure.code, message=failure.message, hint=failure.hint)


class StageInfo(ResponseModel):
    """One attempt at one stage."""

    stage: str = Field(examples=["transcribe"])
    attempt: int
    status: Literal["running", "completed", "failed", "skipped", "abandoned"]
    started_at: datetime
    finished_at: datetime | None
    error: ErrorInfo | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, attempt: StageAttempt) -> Self:
        return cls(
            stage=attempt.stage,
            attempt=attempt.attempt,
            status=attempt.status,
            started_at=attempt.started_at,
            finished_at=attempt.finished_at,
            error=ErrorInfo.of(attempt.failure),
            detail=attempt.detail,
        )


_BEGINNINGS: Final = tuple(name for name in STAGE_NAMES if name != RECEIVE)
Beginning = Annotated[str, one_of(_BEGINNINGS), WithJsonSchema({"type": "string", "enum": [*_BEGINNINGS]})]


class RerunRequest(RequestModel):
    stage: Beginning = Field(
        default=FETCH,
        description="Where to begin. A worker's stages begin with the download, since it keeps nothing.",
        examples=["chunk"],
    )


class JobInfo(ResponseModel):
    job_id: UUID
    status: JobStatus
    progress: float = Field(ge=0, le=1)
    current_stage: str = Field(examples=["transcribe"])
    error: ErrorInfo | None
    video_id: UUID | None = Field(description="Known once the content was read; the same film is the same video.")
    title: str | None
    filename: str
    notes: list[str] = Field(description="Sentences for people about how it went.")
    resumes_at: datetime | None = Field(description="It waits until then, for a service at rest or for its next try.")
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> JobInfo:
        return JobInfo(**_described(job))


class JobStatusResponse(JobInfo):
    """A job with its timeline."""

    stages: list[StageInfo] = Field(description="Every attempt at every stage, in the order they were begun.")

    @classmethod
    def with_stages(cls, job: Job, attempts: Iterable[StageAttempt]) -> JobStatusResponse:
        return cls(**_described(job), stages=[StageInfo.of(each) for each in attempts])


class JobPage(ResponseModel):
    items: list[JobInfo]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


def _described(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "status": job.status,
        "progress": job.progress,
        "current_stage": job.stage,
        # A job on its way back to the queue keeps the reason of its last try; only a failed one shows it as its own.
        "error": ErrorInfo.of(job.failure if job.status is JobStatus.FAILED else None),
        "video_id": job.video_id,
        "title": job.options.title,
        "filename": job.source.filename,
        "notes": list(job.notes),
        "resumes_at": None if job.finished else job.not_before,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }

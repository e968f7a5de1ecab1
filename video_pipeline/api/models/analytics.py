"""How the installation is used, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import Field

from video_pipeline.api.models.base import ResponseModel
from video_pipeline.model import Day, FailureCount, Unanswered


class Counts(ResponseModel):
    questions: int = Field(description="Asked, through the API and as records.")
    unanswered: int = Field(description="Those to which the videos held no answer.")
    videos: int = Field(description="That became ready to be asked about, and are still here.")
    video_seconds: float = Field(description="How long these are together.")
    jobs_completed: int
    jobs_failed: int


class DayCounts(Counts):
    date: date
    answer_ms_median: int | None = Field(description="How long answers through the API took; null without any.")
    answer_ms_p95: int | None
    job_seconds_median: float | None = Field(
        description="From the first attempt to the end, of jobs that were completed; null without any."
    )
    job_seconds_p95: float | None

    @classmethod
    def of(cls, day: Day) -> Self:
        return cls(
            date=day.day,
            questions=day.questions,
            unanswered=day.questions - day.answered,
            videos=day.videos,
            video_seconds=day.video_seconds,
            jobs_completed=day.jobs_completed,
            jobs_failed=day.jobs_failed,
            answer_ms_median=day.milliseconds_median,
            answer_ms_p95=day.milliseconds_p95,
            job_seconds_median=day.job_seconds_median,
            job_seconds_p95=day.job_seconds_p95,
        )


class FailureInfo(ResponseModel):
    code: str = Field(description="The reason code; `GET /jobs?status=failed&code=…` lists the jobs.")
    stage: str
    jobs: int
    last_at: datetime
    message: str = Field(description="What the latest of them said.")
    hint: str


class UnansweredInfo(ResponseModel):
    query: str
    times: int
    last_asked: datetime


class AnalyticsResponse(ResponseModel):
    """Days are UTC."""

    date_from: date
    date_to: date
    totals: Counts
    days: list[DayCounts]
    failures: list[FailureInfo] = Field(description="Why jobs failed, the most frequent reason first.")
    unanswered: list[UnansweredInfo] = Field(
        description="What the videos do not answer, asked most often first: words of the last 90 days."
    )

    @classmethod
    def of(cls, days: Sequence[Day], failures: Sequence[FailureCount], unanswered: Sequence[Unanswered]) -> Self:
        counted = [DayCounts.of(each) for each in days]
        totals = {name: sum(getattr(each, name) for each in counted) for name in Counts.model_fields}
        return cls(
            date_from=days[0].day,
            date_to=days[-1].day,
            totals=Counts.model_validate(totals),
            days=counted,
            failures=[FailureInfo(**each.model_dump()) for each in failures],
            unanswered=[UnansweredInfo(**each.model_dump()) for each in unanswered],
        )

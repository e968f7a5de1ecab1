"""When a job will be done, judged by how long the latest ones took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from video_pipeline.model import Job, JobFilter, JobStatus
from video_pipeline.ports import Jobs
from video_pipeline.topology import EMBED, SUMMARISE

_RECENT: Final = 20
_ENOUGH: Final = 3
# A video may be ready to be asked without a summary.
_ALL_THE_WAY: Final = (EMBED, SUMMARISE)


def expected_end(jobs: Jobs, job: Job, now: datetime) -> datetime | None:
    """When `job` will be done if a worker takes it now. None when it is over, or nothing is known to judge by."""
    if job.finished or job.source.size is None:
        return None
    seconds = expected_seconds(jobs.page(JobFilter(statuses=(JobStatus.COMPLETED,)), limit=_RECENT), job.source.size)
    return None if seconds is None else (job.started_at or now) + timedelta(seconds=seconds)


def expected_seconds(done: Iterable[Job], size: int) -> float | None:
    """How long content of `size` bytes takes, from the pace of at least three jobs that went the whole way."""
    paces = [
        ((job.finished_at - job.started_at).total_seconds(), job.source.size)
        for job in done
        if job.finished_at and job.started_at and job.source.size and job.stage in _ALL_THE_WAY
    ]
    if len(paces) < _ENOUGH:
        return None
    # Never less than the quickest: a job has costs that do not depend on its size.
    return max(min(seconds for seconds, _ in paces), size * median(seconds / of for seconds, of in paces))

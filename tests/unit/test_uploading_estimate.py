from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from video_pipeline.estimating import expected_end, expected_seconds
from video_pipeline.model import Job, JobOptions, JobStatus, ObjectRef, Source

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def done(seconds: float, size: int | None, *, stage: str = "summarise") -> Job:
    return Job(
        id=uuid4(),
        status=JobStatus.COMPLETED,
        stage=stage,
        progress=1,
        source=Source(kind="upload", media=ObjectRef(bucket="b", key="k"), filename="f", upload_id="u", size=size),
        options=JobOptions(),
        created_at=NOW,
        updated_at=NOW,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=seconds),
    )


class Jobs:
    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)

    def page(self, *_: Any, **__: Any) -> list[Job]:
        return self.jobs


def test_the_middle_pace_of_the_latest_jobs_is_expected() -> None:
    assert expected_seconds([done(10, 100), done(20, 100), done(300, 100)], 400) == 80


def test_a_tiny_file_takes_no_less_than_the_quickest_one() -> None:
    assert expected_seconds([done(10, 100), done(20, 100), done(30, 100)], 1) == 10


def test_nothing_is_expected_from_too_few_jobs_or_from_such_as_did_not_go_the_whole_way() -> None:
    duplicate, unsized = done(1, 100, stage="fetch"), done(1, None)
    assert expected_seconds([done(10, 100), done(10, 100), duplicate, unsized], 100) is None


def test_the_end_is_counted_from_the_start_of_a_job_or_from_now() -> None:
    jobs: Any = Jobs(done(10, 100), done(10, 100), done(10, 100))
    waiting = done(0, 200).model_copy(update={"status": JobStatus.QUEUED, "started_at": None, "finished_at": None})
    later = NOW + timedelta(hours=1)
    assert expected_end(jobs, waiting, later) == later + timedelta(seconds=20)
    running = waiting.model_copy(update={"started_at": NOW})
    assert expected_end(jobs, running, later) == NOW + timedelta(seconds=20)


def test_a_finished_job_and_one_of_unknown_size_have_no_expected_end() -> None:
    jobs: Any = Jobs(done(10, 100), done(10, 100), done(10, 100))
    assert expected_end(jobs, done(1, 100), NOW) is None
    unsized = done(1, None).model_copy(update={"status": JobStatus.QUEUED})
    assert expected_end(jobs, unsized, NOW) is None

"""Waiting for a job to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from video_pipeline.cli.console import clean, line, note, say
from video_pipeline.cli.exits import FAILED, OK
from video_pipeline.cli.progress import Steps
from video_pipeline.client import Client
from video_pipeline.client.documents import Job, JobWithStages
from video_pipeline.errors import NotFound, NotRunning, Unavailable
from video_pipeline.topology import RENDERING, STAGES

_TITLES: Final = {stage.name: stage.title for stage in (*STAGES, RENDERING)}
_FIRST_PAUSE: Final = 0.3
_LONGEST_PAUSE: Final = 2.0
# A record on a stream becomes a job within moments; a service that restarts is back within moments.
_PATIENCE: Final = 60.0


def follow(api: Client, job_id: str, steps: Steps, *, sleep: Callable[[float], None] = time.sleep) -> JobWithStages:
    """The job's last word, however long it takes. Raises what the API says if it says so for a minute."""
    pause, silent_for, seen = _FIRST_PAUSE, 0.0, False
    while True:
        try:
            job = api.job(job_id)
        except (NotFound, Unavailable) as error:
            if silent_for >= _PATIENCE or (isinstance(error, NotRunning) and not seen):
                raise _gave_up(error, job_id) from error
            silent_for += pause
            if not seen:
                steps.show("Waiting for the job to appear", 0.0)
        else:
            silent_for, seen = 0.0, True
            if job["status"] in ("completed", "failed"):
                return job
            steps.show(_title(job), float(job["progress"]))
        sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.3)


def say_end(job: Job) -> int:
    """Prints how a job ended; returns the exit code."""
    for text in job.get("notes") or ():
        note(f"note: {clean(text)}")
    if job["status"] == "completed":
        say(f"completed: video {job['video_id']}" if job["video_id"] else "completed")
        return OK
    error = job["error"]
    reason = f"{error['message']} {error['hint']} [{error['code']}]" if error else "No reason was given."
    say(f"failed while {_title(job).lower()}: {line(reason)}")
    return FAILED


def _title(job: Job) -> str:
    if job["status"] == "queued":
        return "Waiting for a free worker"
    return _TITLES.get(job["current_stage"], str(job["current_stage"]))


def _gave_up(error: NotFound | Unavailable, job_id: str) -> NotFound | Unavailable:
    if isinstance(error, NotFound):
        hint = "Perhaps its record was rejected: look at `video-pipeline dlq list`."
        return NotFound("job_missing", f"No job {job_id} has appeared within a minute.", hint=hint)
    return error

"""A worker's jobs are of two kinds, and each goes to whoever knows how to do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from video_pipeline.model import Job


class Works(Protocol):
    def work(self, job: Job, worker: str, alive: Callable[[], bool]) -> None:
        """Does what it can of a claimed job and writes down what came of it. `alive` turns False with the lease."""
        ...


class Dispatching:
    """Films that people brought are processed, those of projects are rendered."""

    def __init__(self, processing: Works, rendering: Works) -> None:
        self._processing = processing
        self._rendering = rendering

    def work(self, job: Job, worker: str, alive: Callable[[], bool]) -> None:
        does = self._rendering if job.source.kind == "project" else self._processing
        does.work(job, worker, alive)

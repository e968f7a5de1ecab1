"""Projects go, on somebody's wish or when their time is over, and a receipt in the audit trail says what went."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from video_pipeline import layout
from video_pipeline.errors import Conflict, NotFound, PipelineError
from video_pipeline.logs import bound
from video_pipeline.model import CANCELLED, Failure
from video_pipeline.outcomes import job_failed
from video_pipeline.ports import Ledger, Objects

logger = logging.getLogger(__name__)
# Of one sweep, so that it comes to its other duties.
_AT_ONCE: Final = 20
_BY_ITSELF: Final = "expiry"


class Removing:
    def __init__(self, ledger: Ledger, objects: Objects, *, media_bucket: str, results_bucket: str) -> None:
        self._ledger = ledger
        self._objects = objects
        self._media = media_bucket
        self._results = results_bucket

    def remove(self, project_id: UUID, by: str) -> Mapping[str, Any]:
        """The receipt: how many files, films and captions of films went. A video that the film became stays.

        A film that is being rendered is given up. Repeatable until it is done.
        """
        project = self._ledger.projects.begin_removal(project_id, by)
        self._stop(project.job_id, by)
        receipt: dict[str, Any] = {
            "project_id": str(project_id),
            "files": self._objects.delete_prefix(self._media, layout.project_prefix(project_id)),
            "films": self._objects.delete(self._results, [layout.film_key(project_id)]),
            "captions": self._objects.delete(self._results, [layout.film_captions_key(project_id)]),
            "video_job_id": str(project.video_job_id) if project.video_job_id else None,
        }
        self._ledger.projects.end_removal(project_id, receipt, by)
        logger.info("project removed", extra={"receipt": receipt, "by": by})
        return receipt

    def expire(self) -> int:
        """Removes those whose time is over, and those whose removal was broken off; how many went."""
        return sum(self._expired(each) for each in self._ledger.projects.expired(limit=_AT_ONCE))

    def _expired(self, project_id: UUID) -> bool:
        with bound(project_id=project_id):
            try:
                self.remove(project_id, _BY_ITSELF)
            except NotFound:
                return False  # Another sweeper came through with it.
            except PipelineError:
                logger.exception("project stays for the next sweep")
                return False
        return True

    def _stop(self, job_id: UUID | None, by: str) -> None:
        if job_id is None:
            return
        failure = Failure(code=CANCELLED, message=f"Its project was removed by {by}.")
        try:
            self._ledger.jobs.cancel(job_id, failure, emit=lambda job: job_failed(job, failure))
        except Conflict as error:
            logger.debug("there was nothing to stop", extra={"reason": error.code})

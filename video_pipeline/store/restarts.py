"""Moves that a person asks for: an end before the end, and another beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.errors import Conflict, NotFound
from video_pipeline.model import Failure, Job, Message
from video_pipeline.store import rows
from video_pipeline.topology import CHUNK, EMBED, FETCH, RECEIVE, RENDER, progress_at

SQL = Queries(Path(__file__).with_name("restarts.sql"))
_QUEUED: Final = (RECEIVE, FETCH, RENDER)


class Restarts:
    """The part of `ports.Jobs` that cancels and begins again."""

    _database: Database

    if TYPE_CHECKING:

        def _close(
            self,
            connection: Connection,
            job_id: UUID,
            stage: str | None,
            *,
            status: str = "completed",
            failure: Failure | None = None,
        ) -> None: ...
        def _succeed(self, connection: Connection, video_id: UUID | None) -> None: ...

    def cancel(self, job_id: UUID, failure: Failure, *, emit: Callable[[Job], Sequence[Message]]) -> Job:
        values = {"id": job_id, "failure": rows.as_json(failure)}
        with self._database.transaction() as connection:
            before = _held(connection, job_id)
            if before.cancelled:
                return before
            if before.finished:
                raise Conflict("job_finished", f"Job {job_id} is {before.status} already; there is nothing to cancel.")
            job = rows.job(connection.execute(SQL["cancel"], values).fetchone() or {})
            self._close(connection, job_id, None, status="failed", failure=failure)
            # A job that only waited for another's work leaves nobody without it.
            if connection.execute(SQL["makes_video"], {"id": job_id, "video_id": job.video_id}).fetchone():
                self._succeed(connection, job.video_id)
            rows.put_out(connection, emit(job))
        return job

    def restart(self, job_id: UUID, stage: str, *, emit: Callable[[Job], Sequence[Message]]) -> Job:
        with self._database.transaction() as connection:
            job = _held(connection, job_id)
            if not job.finished:
                raise Conflict(
                    "job_at_work", f"Job {job_id} is {job.status}.", hint="Wait for its end, or cancel it first."
                )
            entry = _entry(connection, job, stage)
            values = {"id": job_id, "stage": entry, "progress": progress_at(entry)}
            move = "queue_again" if entry in _QUEUED else "hand_on_again"
            again = rows.job(connection.execute(SQL[move], values).fetchone() or {})
            rows.put_out(connection, emit(again))
        return again


def _held(connection: Connection, job_id: UUID) -> Job:
    row = connection.execute(SQL["hold"], {"id": job_id}).fetchone()
    if row is None:
        raise NotFound("job_not_found", f"There is no job {job_id}.", hint="List them with `video-pipeline jobs`.")
    return rows.job(row)


def _entry(connection: Connection, job: Job, stage: str) -> str:
    """Where the job can really begin. Raises `Conflict` if it can't."""
    values: dict[str, Any] = {"video_id": job.video_id}
    # Job before video, as everywhere, or two could wait for each other.
    video: Row = connection.execute(SQL["hold_video"], values).fetchone() or {"job_id": None, "erased": False}
    if video["erased"]:
        raise Conflict("video_erased", "The video of this job was erased.", hint="Send it again if it is wanted again.")
    if stage in _QUEUED:
        return stage
    if video["job_id"] != job.id:
        maker = f"Job {video['job_id']} makes this video." if video["job_id"] else "This job has made no video yet."
        raise Conflict("stage_not_its_own", maker, hint=f"Begin at {FETCH}, or with the job that makes it.")
    if stage == EMBED and not (connection.execute(SQL["passages_serve"], values).fetchone() or {"cut": False})["cut"]:
        # Cut for an index that does not serve any more, or without a word.
        return CHUNK
    return stage

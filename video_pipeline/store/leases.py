"""Who works on a job: claiming, heartbeat, and the row locks that the other moves share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.errors import Conflict, NotFound
from video_pipeline.model import Failure
from video_pipeline.ports import Claimed, NotNow, Settled
from video_pipeline.store import rows
from video_pipeline.topology import CHUNK, EMBED, LEASE, LIMITS, PROCESSING_RETRY, SUMMARISE

SQL = Queries(Path(__file__).with_name("jobs.sql"))
# How long to hold a message back while as many videos as allowed are being worked on.
LIMIT_PAUSE = 2.0


@dataclass(frozen=True)
class Policy:
    """`lease` seconds a silent worker keeps a job; `active` jobs at once in the whole system; `attempts` of one job."""

    lease: float = LEASE.seconds
    active: int = LIMITS.active_videos
    attempts: int = PROCESSING_RETRY.attempts


class Leases:
    """The part of `ports.Jobs` that decides who holds what."""

    _database: Database
    _policy: Policy

    def claim(self, job_id: UUID, worker: str, *, redrive: bool = False) -> Claimed | NotNow | Settled:
        with self._database.transaction() as connection:
            connection.execute(SQL["one_claim_at_a_time"])
            row = connection.execute(SQL["lock"], {"id": job_id}).fetchone()
            if row is None:
                return Settled("there is no such job")
            refusal = self._refusal(connection, row, redrive=redrive)
            if refusal:
                return refusal
            values = {"id": job_id, "worker": worker, "lease": self._policy.lease}
            claimed = connection.execute(SQL["claim"], values).fetchone() or {}
            connection.execute(SQL["abandon_stages"], {"id": job_id})
        return Claimed(rows.job(claimed))

    def _refusal(self, connection: Connection, row: Row, *, redrive: bool) -> NotNow | Settled | None:
        reason = _settled(row, redrive=redrive, attempts=self._policy.attempts)
        if reason:
            return Settled(reason)
        pause = row["pause_left"] or 0.0
        if pause > 0 and not redrive:
            return NotNow(pause, "it is to be tried again later")
        counted = connection.execute(SQL["leased"], {"id": row["id"]}).fetchone() or {}
        if counted["active"] >= self._policy.active:
            return NotNow(LIMIT_PAUSE, f"{counted['active']} videos are being worked on, which is the limit")
        return None

    def beat(self, job_id: UUID, worker: str) -> bool:
        values = {"id": job_id, "worker": worker, "lease": self._policy.lease}
        with self._database.transaction() as connection:
            return connection.execute(SQL["beat"], values).fetchone() is not None

    def _lock(self, connection: Connection, job_id: UUID) -> Row:
        row = connection.execute(SQL["lock"], {"id": job_id}).fetchone()
        if row is None:
            raise NotFound("job_not_found", f"There is no job {job_id}.")
        return row

    def _held(self, connection: Connection, job_id: UUID, worker: str) -> Row:
        row = self._lock(connection, job_id)
        if row["lease_owner"] != worker:
            raise Conflict("lease_lost", f"Job {job_id} is no longer held by {worker}.")
        return row

    def _close(
        self,
        connection: Connection,
        job_id: UUID,
        stage: str | None,
        *,
        status: str = "completed",
        failure: Failure | None = None,
        detail: Mapping[str, Any] | None = None,
        worker: str | None = None,
    ) -> None:
        """Closes open lines of the timeline: of one stage or all, of one worker or anybody's."""
        values = {"id": job_id, "stage": stage, "status": status, "failure": rows.as_json(failure), "worker": worker}
        connection.execute(SQL["close_stage"], {**values, "detail": Jsonb(dict(detail or {}))})


def _settled(row: Row, *, redrive: bool, attempts: int) -> str | None:
    """Why nobody needs to work on this job now; None if somebody does."""
    if row["status"] == "completed" or (row["status"] == "failed" and not redrive):
        return f"it is {row['status']}"
    if not row["ready"]:
        return "its bytes are not there yet"
    if row["status"] == "processing" and row["lease_owner"] is None:
        return "it was handed on" if row["stage"] in (CHUNK, EMBED, SUMMARISE) else "it waits for another's report"
    # Should that worker vanish, the sweeper sends a new message; so this one is not needed.
    if (row["lease_left"] or 0.0) > 0:
        return f"{row['lease_owner']} has it"
    return "it has no attempts left" if row["attempt"] >= attempts and not redrive else None

"""What the sweeper looks for: jobs that a crash, a lost message or a silent sender left behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.model import Failure, Job, Message, work_message
from video_pipeline.store import rows
from video_pipeline.store.leases import Policy
from video_pipeline.topology import LIMITS

SQL = Queries(Path(__file__).with_name("jobs.sql"))


class Sweep:
    """The part of `ports.Jobs` that the sweeper uses."""

    _database: Database
    _policy: Policy

    def requeue_expired(self) -> list[UUID]:
        with self._database.transaction() as connection:
            expired = connection.execute(SQL["expired"], {"attempts": self._policy.attempts}).fetchall()
            ids = [row["id"] for row in expired]
            connection.execute(SQL["requeue"], {"ids": ids})
            for job_id in ids:
                connection.execute(SQL["abandon_stages"], {"id": job_id})
            ids += [row["id"] for row in connection.execute(SQL["unheard"])]
            rows.put_out(connection, [work_message(job_id) for job_id in ids])
        return ids

    def exhausted(self) -> list[Job]:
        return [rows.job(row) for row in self._rows("exhausted", {"attempts": self._policy.attempts})]

    def stalled(self, older_than: float) -> list[tuple[Job, int]]:
        return [(rows.job(row), row["announced"]) for row in self._rows("stalled", {"seconds": older_than})]

    def announce_again(self, job_id: UUID, *, emit: Sequence[Message]) -> None:
        with self._database.transaction() as connection:
            if connection.execute(SQL["announced_again"], {"id": job_id}).rowcount:
                rows.put_out(connection, emit)

    def waits_for_service(self, job_id: UUID) -> None:
        values = {"id": job_id, "seconds": LIMITS.service_wait}
        with self._database.transaction() as connection:
            connection.execute(SQL["waits_for_service"], values)

    def unfinished_uploads(self, *, segments_idle: float, grant: float) -> list[tuple[Job, list[int]]]:
        values = {"segments_idle": segments_idle, "grant": grant}
        with self._database.transaction() as connection:
            found = [rows.job(row) for row in connection.execute(SQL["unfinished"], values)]
            return [(job, self._missing(connection, job)) for job in found]

    def abandon_upload(self, job_id: UUID, failure: Failure, *, emit: Sequence[Message]) -> bool:
        values = {"id": job_id, "failure": rows.as_json(failure)}
        with self._database.transaction() as connection:
            given_up = connection.execute(SQL["abandon_upload"], values).fetchone() is not None
            if given_up:
                rows.put_out(connection, emit)
        return given_up

    def _missing(self, connection: Connection, job: Job) -> list[int]:
        values = {"id": job.id, "count": job.source.segments or 0}
        return [row["index"] for row in connection.execute(SQL["missing_segments"], values)]

    def _rows(self, query: str, values: dict[str, Any]) -> list[Row]:
        with self._database.transaction() as connection:
            return connection.execute(SQL[query], values).fetchall()

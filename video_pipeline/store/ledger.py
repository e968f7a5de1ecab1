"""The ledger as a whole, with its smaller parts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from uuid import UUID

from video_pipeline.database import Database, Queries
from video_pipeline.errors import BadInput
from video_pipeline.model import ApiKey, Message, RejectedRecord, Scope
from video_pipeline.store import rows
from video_pipeline.store.analytics import PostgresAnalytics
from video_pipeline.store.indexes import PostgresIndexes
from video_pipeline.store.jobs import PostgresJobs
from video_pipeline.store.leases import Policy
from video_pipeline.store.library import PostgresChunks, PostgresConversations, PostgresQuestions, PostgresVideos
from video_pipeline.store.mails import PostgresMails
from video_pipeline.store.projects import PostgresProjects
from video_pipeline.store.spending import PostgresSpending
from video_pipeline.store.summaries import PostgresSummaries

logger = logging.getLogger(__name__)
SQL = Queries(Path(__file__).with_name("library.sql"))


class PostgresKeys:
    """`ports.Keys` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, prefix: str, sha256: str, scopes: Collection[Scope] = ()) -> ApiKey:
        values = {"name": name, "prefix": prefix, "sha256": sha256, "scopes": sorted(scopes)}
        with self._database.transaction() as connection:
            return ApiKey.model_validate(connection.execute(SQL["create_key"], values).fetchone())

    def find(self, sha256: str) -> ApiKey | None:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["use_key"], {"sha256": sha256}).fetchone()
        return ApiKey.model_validate(row) if row else None

    def take_turn(self, key_id: UUID, *, per_minute: int, burst: int) -> float:
        values = {"key_id": key_id, "pace": 60 / per_minute, "burst": burst}
        with self._database.transaction() as connection:
            row = connection.execute(SQL["take_turn"], values).fetchone() or {}
        wait: float = row["wait"]
        return wait

    def all(self) -> list[ApiKey]:
        with self._database.transaction() as connection:
            return [ApiKey.model_validate(row) for row in connection.execute(SQL["keys"])]

    def revoke(self, key_id: UUID) -> bool:
        with self._database.transaction() as connection:
            return connection.execute(SQL["revoke_key"], {"id": key_id}).rowcount == 1


class PostgresRejections:
    """`ports.Rejections` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, rejected: RejectedRecord, message: Message) -> bool:
        values = {**rejected.model_dump(), "failure": rows.as_json(rejected.failure)}
        with self._database.transaction() as connection:
            new = connection.execute(SQL["reject"], values).rowcount == 1
            if new:
                rows.put_out(connection, [message])
        return new


class PostgresOutbox:
    """`ports.Outbox` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def drain(self, publish: Callable[[Sequence[Message]], None], *, limit: int = 500) -> int:
        total = 0
        while count := self._drain_some(publish, limit):
            total += count
        return total

    def prune(self, older_than_days: int) -> int:
        with self._database.transaction() as connection:
            return connection.execute(SQL["prune"], {"days": older_than_days}).rowcount

    def _drain_some(self, publish: Callable[[Sequence[Message]], None], limit: int) -> int:
        # Published before it is marked: a crash between the two repeats a message, it never loses one.
        with self._database.transaction() as connection:
            found = connection.execute(SQL["unpublished"], {"limit": limit}).fetchall()
            if found:
                _publish(
                    publish, [Message.model_validate({k: v for k, v in row.items() if k != "id"}) for row in found]
                )
                connection.execute(SQL["published"], {"ids": [row["id"] for row in found]})
        return len(found)


class PostgresLedger:
    """`ports.Ledger` on PostgreSQL."""

    def __init__(self, database: Database, policy: Policy | None = None) -> None:
        self._database = database
        self.jobs = PostgresJobs(database, policy or Policy())
        self.videos = PostgresVideos(database)
        self.chunks = PostgresChunks(database)
        self.indexes = PostgresIndexes(database)
        self.summaries = PostgresSummaries(database)
        self.questions = PostgresQuestions(database)
        self.conversations = PostgresConversations(database)
        self.spending = PostgresSpending(database)
        self.analytics = PostgresAnalytics(database)
        self.keys = PostgresKeys(database)
        self.mails = PostgresMails(database)
        self.rejections = PostgresRejections(database)
        self.outbox = PostgresOutbox(database)
        self.projects = PostgresProjects(database)

    def ping(self) -> None:
        with self._database.transaction() as connection:
            connection.execute("select 1")

    def close(self) -> None:
        self._database.close()


def _publish(publish: Callable[[Sequence[Message]], None], messages: Sequence[Message]) -> None:
    """One message that can't be sent at all must not hold up the others for ever; it stays on record, and is told."""
    try:
        publish(messages)
    except BadInput as error:
        if len(messages) == 1:
            logger.exception("message can't be sent", extra={"key": messages[0].key, "reason": error.code})
            return
        for message in messages:
            _publish(publish, [message])

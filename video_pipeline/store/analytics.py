"""What was asked, counted by day, beside what became of videos and jobs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from video_pipeline.database import Connection, Database, Queries
from video_pipeline.model import AskedQuestion, Day, FailureCount, Unanswered
from video_pipeline.topology import LIMITS

SQL = Queries(Path(__file__).with_name("analytics.sql"))


class PostgresAnalytics:
    """`ports.Analytics` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, asked: AskedQuestion) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["unhurried"])
            note(connection, asked)

    def days(self, first: date, last: date) -> list[Day]:
        with self._database.transaction() as connection:
            return [Day.model_validate(row) for row in connection.execute(SQL["days"], {"first": first, "last": last})]

    def failures(self, first: date, last: date, *, limit: int) -> list[FailureCount]:
        values = {"first": first, "last": last, "limit": limit}
        with self._database.transaction() as connection:
            return [FailureCount.model_validate(row) for row in connection.execute(SQL["failures"], values)]

    def unanswered(self, first: date, last: date, *, limit: int) -> list[Unanswered]:
        values = {"first": first, "last": last, "limit": limit}
        with self._database.transaction() as connection:
            return [Unanswered.model_validate(row) for row in connection.execute(SQL["unanswered"], values)]

    def forget(self) -> int:
        with self._database.transaction() as connection:
            words = connection.execute(SQL["forget_words"], {"days": LIMITS.unanswered_days}).rowcount
            return words + connection.execute(SQL["forget_counts"], {"days": LIMITS.asked_days}).rowcount


def note(connection: Connection, asked: AskedQuestion) -> None:
    connection.execute(SQL["note"], asked.model_dump())

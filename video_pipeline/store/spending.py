"""What paid services took."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from video_pipeline.database import Database, Queries
from video_pipeline.model import Expense, Spent

SQL = Queries(Path(__file__).with_name("spending.sql"))


class PostgresSpending:
    """`ports.Spending` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, expense: Expense, *, job_id: UUID | None, question_id: UUID | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["add"], {**expense.model_dump(), "job_id": job_id, "question_id": question_id})

    def since(self, moment: datetime) -> float:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["since"], {"moment": moment}).fetchone()
        return float(row["usd"]) if row else 0.0

    def of_job(self, job_id: UUID) -> list[Spent]:
        return self._spent("of_job", {"id": job_id})

    def of_question(self, question_id: UUID) -> list[Spent]:
        return self._spent("of_question", {"id": question_id})

    def days(self, first: date, last: date) -> list[Spent]:
        return self._spent("days", {"first": first, "last": last})

    def stored(self) -> tuple[int, int]:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["stored"]).fetchone()
        return (row["films"], row["bytes"]) if row else (0, 0)

    def _spent(self, query: str, values: dict[str, Any]) -> list[Spent]:
        with self._database.transaction() as connection:
            found = connection.execute(SQL[query], values).fetchall()
        return [Spent.model_validate({**row, "unpriced": row["unpriced"] or 0}) for row in found]

"""Which mails were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from video_pipeline.database import Database, Queries, Row
from video_pipeline.model import MailRecord

SQL = Queries(Path(__file__).with_name("mails.sql"))


class PostgresMails:
    """`ports.Mails` on PostgreSQL. Addresses are compared without regard to case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, mail: MailRecord) -> bool:
        return self._run("claim", {**_key(mail), "recipient": mail.recipient.lower()}) == 1

    def release(self, mail: MailRecord) -> None:
        self._run("release", _key(mail))

    def settle(self, mail: MailRecord, provider_id: str | None) -> None:
        self._run("settle", {**_key(mail), "provider_id": provider_id})

    def of_question(self, question_id: UUID) -> list[MailRecord]:
        return [_record(row) for row in self._rows("of_question", {"question_id": question_id})]

    def conversation(self, recipient: str, *, ids: Sequence[UUID], provider_ids: Sequence[str]) -> UUID | None:
        values = {"recipient": recipient.lower(), "ids": list(ids), "provider_ids": list(provider_ids)}
        rows = self._rows("conversation", values)
        return rows[0]["conversation_id"] if rows else None

    def recent(self, recipient: str, *, seconds: float) -> int:
        count: int = self._rows("recent", {"recipient": recipient.lower(), "seconds": seconds})[0]["mails"]
        return count

    def doubt(self, older_than: float) -> list[MailRecord]:
        return [_record(row) for row in self._rows("doubt", {"seconds": older_than})]

    def prune(self, older_than_days: int) -> int:
        return self._run("prune", {"days": older_than_days})

    def _run(self, query: str, values: Mapping[str, Any]) -> int:
        with self._database.transaction() as connection:
            return connection.execute(SQL[query], values).rowcount

    def _rows(self, query: str, values: Mapping[str, Any]) -> list[Row]:
        with self._database.transaction() as connection:
            return connection.execute(SQL[query], values).fetchall()


def _key(mail: MailRecord) -> dict[str, Any]:
    return {"question_id": mail.question_id, "kind": mail.kind, "conversation_id": mail.conversation_id}


def _record(row: Row) -> MailRecord:
    return MailRecord.model_validate(row)

"""Summaries of videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from video_pipeline.database import Database, Queries
from video_pipeline.errors import NotFound
from video_pipeline.model import Message
from video_pipeline.store import rows
from video_pipeline.summaries.document import KeptSummary, Summary

SQL = Queries(Path(__file__).with_name("summaries.sql"))


class PostgresSummaries:
    """`ports.Summaries` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, kept: KeptSummary, *, emit: Sequence[Message] = ()) -> bool:
        values = {
            "video_id": kept.summary.video_id,
            "document": rows.as_json(kept.summary),
            "engine": kept.summary.engine,
            "transcript": kept.transcript,
            "request": kept.request,
            "created_at": kept.created_at,
        }
        with self._database.transaction() as connection:
            if connection.execute(SQL["hold_video"], values).fetchone() is None:
                return False
            connection.execute(SQL["save"], values)
            rows.put_out(connection, emit)
        return True

    def order(self, video_id: UUID, *, emit: Sequence[Message]) -> bool:
        with self._database.transaction() as connection:
            wanted = connection.execute(SQL["transcribed"], {"id": video_id}).fetchone() is not None
            if wanted:
                rows.put_out(connection, emit)
        return wanted

    def get(self, video_id: UUID) -> KeptSummary:
        kept = self.find(video_id)
        if kept is None:
            hint = "Follow its job; a summary is made when the video can be asked about."
            raise NotFound("summary_missing", f"There is no summary of video {video_id}.", hint=hint)
        return kept

    def find(self, video_id: UUID) -> KeptSummary | None:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["summary"], {"id": video_id}).fetchone()
        if row is None:
            return None
        return KeptSummary(
            summary=Summary.model_validate(row["document"]),
            transcript=row["transcript"],
            request=row["request"],
            created_at=row["created_at"],
        )

"""Videos, their passages, and what was asked about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.errors import NotFound
from video_pipeline.model import AskedQuestion, Chunk, ObjectRef, Question, TranscriptRecord, Video
from video_pipeline.ports import Held
from video_pipeline.store import rows
from video_pipeline.store.analytics import note
from video_pipeline.store.lexicon import PostgresLexicon
from video_pipeline.store.listings import VideoListing

SQL = Queries(Path(__file__).with_name("library.sql"))


class PostgresVideos(VideoListing):
    """`ports.Videos` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, video_id: UUID) -> Video:
        row = self._one("video", {"id": video_id})
        if row is None:
            raise _no_video(video_id)
        return rows.video(row)

    def by_ids(self, video_ids: Iterable[UUID]) -> dict[UUID, Video]:
        with self._database.transaction() as connection:
            found = connection.execute(SQL["videos_by_ids"], {"ids": list(video_ids)})
            return {row["id"]: rows.video(row) for row in found}

    def erased(self, video_ids: Iterable[UUID]) -> set[UUID]:
        with self._database.transaction() as connection:
            return {row["id"] for row in connection.execute(SQL["erased"], {"ids": list(video_ids)})}

    def transcript(self, video_id: UUID) -> TranscriptRecord:
        row = self._one("transcript", {"id": video_id})
        if row is None:
            self.get(video_id)
            raise NotFound("transcript_not_found", "This video has no transcript yet.", hint="Look at its job.")
        return TranscriptRecord.model_validate(row["record"])

    def begin_erasure(self, video_id: UUID, requested_by: str, *, request: UUID | None = None) -> UUID | None:
        values = {"id": video_id, "requested_by": requested_by, "request": request}
        with self._database.transaction() as connection:
            if connection.execute(SQL["carried_out"], values).fetchone():
                return None
            row = connection.execute(SQL["lock_video"], {"id": video_id}).fetchone()
            if row is None or not self._may_erase(connection, row):
                raise _no_video(video_id)
            connection.execute(SQL["ask_erasure"], values)
            if connection.execute(SQL["at_work"], {"id": video_id}).fetchone():
                return None
            connection.execute(SQL["hide"], {"id": video_id})
            erasure = connection.execute(SQL["open_erasure"], {"id": video_id}).fetchone() or {}
            erasure_id: UUID = erasure["id"]
        return erasure_id

    def _may_erase(self, connection: Connection, row: Row) -> bool:
        """Not erased yet, or an erasure that was begun is to be carried to its end."""
        if row["erased_at"] is None:
            return True
        return connection.execute(SQL["open_erasure"], {"id": row["id"]}).fetchone() is not None

    def end_erasure(self, video_id: UUID, receipt: Mapping[str, Any]) -> None:
        with self._database.transaction() as connection:
            counts = {
                name: connection.execute(SQL[f"forget_{name}"], {"id": video_id}).rowcount
                for name in ("chunks", "transcript", "summary", "questions", "attempts", "video", "jobs")
            }
            full = Jsonb({**receipt, "ledger": counts})
            connection.execute(SQL["close_erasure"], {"id": video_id, "receipt": full})

    def pending_erasures(self) -> list[UUID]:
        with self._database.transaction() as connection:
            return [row["video_id"] for row in connection.execute(SQL["pending_erasures"])]

    def erased_objects(self, video_id: UUID) -> tuple[list[Held], list[UUID]]:
        with self._database.transaction() as connection:
            found = connection.execute(SQL["objects"], {"id": video_id}).fetchall()
        held = [Held(ObjectRef.model_validate(row["ref"]), row["captions"], row["shared"]) for row in found]
        return held, list(dict.fromkeys(row["id"] for row in found))

    def _one(self, query: str, values: Mapping[str, Any]) -> Row | None:
        with self._database.transaction() as connection:
            return connection.execute(SQL[query], values).fetchone()


class PostgresChunks(PostgresLexicon):
    """`ports.Chunks` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_video(self, video_id: UUID) -> list[Chunk]:
        with self._database.transaction() as connection:
            return [rows.chunk(row) for row in connection.execute(SQL["chunks_of_video"], {"id": video_id})]

    def by_ids(self, chunk_ids: Iterable[UUID]) -> dict[UUID, Chunk]:
        with self._database.transaction() as connection:
            found = connection.execute(SQL["chunks_by_ids"], {"ids": list(chunk_ids)})
            return {row["id"]: rows.chunk(row) for row in found}


class PostgresQuestions:
    """`ports.Questions` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, question_id: UUID, asked: Question, answer: Mapping[str, Any]) -> bool:
        values = {"id": question_id, "asked": rows.as_json(asked), "answer": Jsonb(dict(answer))}
        with self._database.transaction() as connection:
            new = connection.execute(SQL["save_question"], values).rowcount == 1
            if new:
                note(connection, _as_counted(asked, answer))
        return new

    def get(self, question_id: UUID) -> Mapping[str, Any]:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["question"], {"id": question_id}).fetchone()
        if row is None:
            raise NotFound("question_not_found", f"There is no question {question_id}.")
        return row


def _as_counted(asked: Question, answer: Mapping[str, Any]) -> AskedQuestion:
    return AskedQuestion(
        channel="record",
        query=asked.query,
        answered=answer.get("answer") is not None,
        engine=str(answer.get("engine", "")),
        results=len(answer.get("results", ())),
    )


def _no_video(video_id: UUID) -> NotFound:
    return NotFound("video_not_found", f"There is no video {video_id}.", hint="List them with `video-pipeline videos`.")

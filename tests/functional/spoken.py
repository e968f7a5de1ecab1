"""Videos with their passages in the serving index, without the way that leads there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.indexes import SPEC
from video_pipeline.database import Connection, Database
from video_pipeline.model import Chunk, identifier
from video_pipeline.store import lexicon, rows
from video_pipeline.store.jobs import SQL
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.model import Passage, Timing


def passages(video_id: UUID, texts: Iterable[str], speaker: str | None = None) -> list[Chunk]:
    return [
        Chunk(
            id=identifier("chunk", video_id, position, text),
            video_id=video_id,
            passage=Passage(
                position=position,
                text=text,
                start=position * 10.0,
                end=position * 10.0 + 9,
                tokens=len(text.split()),
                speakers=(speaker,) if speaker else (),
                timings=(Timing(0, len(text), position * 10.0, position * 10.0 + 9, speaker),),
            ),
        )
        for position, text in enumerate(texts)
    ]


class SpokenArchive:
    def __init__(self, database: Database, ledger: PostgresLedger) -> None:
        self._database = database
        self.index = ledger.indexes.serving(SPEC).id

    def add(
        self,
        texts: Iterable[str],
        *,
        language: str | None = "en",
        speaker: str | None = None,
        day: str = "2026-05-04",
        recorded_on: str | None = None,
    ) -> UUID:
        video_id, job_id = uuid4(), uuid4()
        chunks = passages(video_id, texts, speaker)
        with self._database.transaction() as connection:
            connection.execute(
                "insert into jobs (id, status, stage, source, options, media_bucket, media_key, ready)"
                " values (%s, 'processing', 'embed', '{}', '{}', 'b', 'k', true)",
                [job_id],
            )
            connection.execute(
                "insert into videos"
                " (id, sha256, title, filename, media, job_id, language, recorded_on, created_at, indexed_at)"
                " values (%s, %s, 't', 'f', '{}', %s, %s, %s, %s, now())",
                [
                    *(video_id, video_id.hex * 2, job_id, language, recorded_on),
                    datetime.fromisoformat(day).replace(tzinfo=UTC),
                ],
            )
            self.write(connection, video_id, chunks)
        return video_id

    def write(self, connection: Connection, video_id: UUID, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            connection.execute(SQL["add_chunk"], rows.chunk_values(chunk, self.index))
        lexicon.write(connection, self.index, video_id, chunks)

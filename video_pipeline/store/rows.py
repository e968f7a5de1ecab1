"""From rows to values and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from video_pipeline.database import Connection, Row
from video_pipeline.model import Chunk, Failure, Job, Message, StageAttempt, Video
from video_pipeline.transcripts.model import Passage

_JOB_ONLY = set(Job.model_fields)


def as_json(value: BaseModel | None) -> Jsonb | None:
    return None if value is None else Jsonb(value.model_dump(mode="json", exclude_none=True))


def job(row: Row) -> Job:
    return Job.model_validate({key: value for key, value in row.items() if key in _JOB_ONLY})


def stage_attempt(row: Row) -> StageAttempt:
    return StageAttempt.model_validate({key: value for key, value in row.items() if key != "job_id"})


def video(row: Row) -> Video:
    return Video.model_validate(row)


def chunk(row: Row) -> Chunk:
    passage = Passage(
        position=row["position"],
        text=row["text"],
        start=row["start_seconds"],
        end=row["end_seconds"],
        tokens=row["tokens"],
        speakers=tuple(row["speakers"]),
        timings=row["timings"],
    )
    return Chunk(id=row["id"], video_id=row["video_id"], passage=passage, quality=row["quality"])


def chunk_values(each: Chunk, index_id: UUID) -> dict[str, Any]:
    passage = each.passage
    return {
        "id": each.id,
        "index_id": index_id,
        "video_id": each.video_id,
        "position": passage.position,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "tokens": passage.tokens,
        "speakers": list(passage.speakers),
        "timings": Jsonb(passage.timings),
        "quality": each.quality,
    }


def failure(value: Failure | None) -> Jsonb | None:
    return as_json(value)


def put_out(connection: Connection, messages: Iterable[Message]) -> None:
    """Into the outbox, in this transaction and in this order."""
    documents = ",".join(message.model_dump_json() for message in messages)
    if documents:
        connection.execute(
            "insert into outbox (destination, key, body, delay)"
            " select destination, key, body, delay"
            " from rows from (jsonb_to_recordset(%s::jsonb) as (destination text, key text, body text, delay int))"
            " with ordinality order by ordinality",
            [f"[{documents}]"],
        )

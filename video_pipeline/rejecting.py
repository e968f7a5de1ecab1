"""A record that can't be obeyed is written down with its reason and put aside, once; it never blocks those behind."""

from __future__ import annotations

import base64
import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from video_pipeline.deadletters import DataObject, Reason, RecordOrigin, RejectedLetter
from video_pipeline.errors import PipelineError
from video_pipeline.model import Failure, Message, RejectedRecord, identifier
from video_pipeline.ports import Objects, Rejections
from video_pipeline.topology import QUEUE_CONSUMERS, STREAM_CONSUMERS, queues_by_name

logger = logging.getLogger(__name__)
# A queue's message holds 256 KiB; what is larger is kept as an object that the message names.
_INLINE_BYTES = 96 * 1024
_SENTENCE = 1000
REJECTED_PREFIX = "rejected/"


@dataclass(frozen=True)
class RecordSource:
    """Where a record came from. `name` is a stream's or queue's resource type; `position` is unique in it."""

    name: str
    position: str
    partition_key: str = ""


@dataclass(frozen=True)
class Received:
    """A record as it came."""

    raw: bytes
    source: RecordSource


def dead_letter_queue(unit: str) -> str:
    """The resource type of the queue for what `unit` rejects."""
    streams = {each.unit: each.dead_letter for each in STREAM_CONSUMERS}
    queues = {each.unit: queues_by_name()[each.queue].dead_letter or "" for each in QUEUE_CONSUMERS}
    return {**queues, **streams}[unit]


class Rejecting:
    """Writes rejections to the ledger; their dead letters follow through the outbox."""

    def __init__(self, rejections: Rejections, objects: Objects, *, results_bucket: str) -> None:
        self._rejections = rejections
        self._objects = objects
        self._bucket = results_bucket

    def reject(self, unit: str, record: Received, error: PipelineError) -> bool:
        """Rejects for good. False if this very record was rejected before."""
        source = record.source
        sha256 = hashlib.sha256(record.raw).hexdigest()
        record_id = identifier("rejection", unit, source.name, source.position, sha256)
        large = len(record.raw) > _INLINE_BYTES
        letter = RejectedLetter(
            id=record_id,
            consumer=unit,
            reason=Reason(code=error.code, message=error.message[:_SENTENCE], hint=error.hint[:_SENTENCE]),
            source=RecordOrigin.of(source.name, position=source.position, partition_key=source.partition_key),
            received_at=datetime.now(UTC),
            data=None if large else base64.b64encode(record.raw).decode(),
            data_object=self._keep(record.raw, record_id) if large else None,
        )
        rejected = RejectedRecord(
            id=record_id,
            consumer=unit,
            source=source.name,
            position=source.position,
            failure=Failure(code=error.code, message=error.message[:_SENTENCE], hint=error.hint[:_SENTENCE]),
            sha256=sha256,
            size=len(record.raw),
        )
        body = letter.model_dump_json()
        message = Message(destination=dead_letter_queue(unit), key=str(record_id), body=body)
        fresh = self._rejections.record(rejected, message)
        logger.warning(
            "record rejected", extra={"reason": error.code, "detail": str(error), "position": source.position}
        )
        return fresh

    def _keep(self, raw: bytes, record_id: UUID) -> DataObject:
        key = f"{REJECTED_PREFIX}{record_id}"
        self._objects.write(self._bucket, key, raw, content_type="application/octet-stream")
        return DataObject(bucket=self._bucket, key=key)

    def try_reject(self, unit: str, record: Received, error: PipelineError) -> bool:
        """False if it could not be written down, so that the record has to be given again."""
        try:
            self.reject(unit, record, error)
        except PipelineError as failed:
            logger.warning("rejection not stored", extra={"reason": failed.code})
            return False
        return True

"""The shapes of dead letters.

Three kinds lie in the queues: records that we rejected with a reason, batches that Lambda gave up on (it keeps only
their place on the stream), and messages that SQS moved after too many receives.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from video_pipeline.model import QueueMessage, Value
from video_pipeline.topology import QUEUES, STREAMS

SENT_AT: Final = "SentTimestamp"


class Reason(Value):
    code: str
    message: str
    hint: str = ""


class DataObject(Value):
    bucket: str
    key: str


class RecordOrigin(Value):
    """Where a record came from: the resource type of a stream or of a queue, and its place there."""

    stream: str | None = None
    queue: str | None = None
    position: str = ""
    partition_key: str = ""

    @classmethod
    def of(cls, name: str, *, position: str = "", partition_key: str = "") -> Self:
        if name in {stream.name for stream in STREAMS}:
            return cls(stream=name, position=position, partition_key=partition_key)
        return cls(queue=name, position=position, partition_key=partition_key)


class RejectedLetter(Value):
    """A record that a consumer refused: `data` is its base64, unless it lies in `data_object`, or was not kept."""

    kind: Literal["rejected_record"] = "rejected_record"
    id: UUID
    consumer: str
    reason: Reason
    source: RecordOrigin
    received_at: datetime
    data: str | None = None
    data_object: DataObject | None = None


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _RequestContext(_Lenient):
    function: str = Field(alias="functionArn", default="")
    condition: str = ""
    tries: int = Field(alias="approximateInvokeCount", default=0)


class BatchInfo(_Lenient):
    shard: str = Field(alias="shardId")
    first: str = Field(alias="startSequenceNumber", pattern=r"^\d{1,128}$")
    last: str = Field(alias="endSequenceNumber", pattern=r"^\d{1,128}$")
    size: int = Field(alias="batchSize")
    stream_arn: str = Field(alias="streamArn")

    @property
    def stream(self) -> str | None:
        """The stream's resource type, if the topology knows it."""
        name = self.stream_arn.rpartition("/")[2]
        return next((stream.name for stream in STREAMS if name.startswith(f"{stream.name}-")), None)


class FailedBatch(_Lenient):
    """What Lambda sends to an on-failure destination: the place of the records, not the records."""

    request: _RequestContext = Field(alias="requestContext")
    batch: BatchInfo = Field(alias="KinesisBatchInfo")
    timestamp: datetime | None = None


class DeadLetter(Value):
    """Any dead letter, as people see it. `source` is a resource type, empty if nothing tells it."""

    id: str
    queue: str
    kind: Literal["rejected_record", "failed_batch", "message"]
    consumer: str = ""
    source: str = ""
    position: str = ""
    reason: Reason
    since: datetime | None = None
    body: str


class Outcome(Value):
    """What became of one letter; a letter that was not redriven is still where it was."""

    id: str
    queue: str
    redriven: bool
    records: int = 0
    code: str = ""
    message: str = ""


def read_letter(queue: str, message: QueueMessage) -> DeadLetter:
    match parse_letter(message.body):
        case RejectedLetter() as letter:
            return DeadLetter(
                id=message.id,
                queue=queue,
                kind="rejected_record",
                consumer=letter.consumer,
                source=letter.source.stream or letter.source.queue or "",
                position=letter.source.position,
                reason=letter.reason,
                since=letter.received_at,
                body=message.body,
            )
        case FailedBatch() as failed:
            return _batch_letter(queue, message, failed)
    times = "Its consumer failed on it every time it was received."
    return DeadLetter(
        id=message.id,
        queue=queue,
        kind="message",
        source=source_queue(queue) or "",
        reason=Reason(code="receives_exhausted", message=times, hint="The job's error says more, if it names one."),
        since=_sent_at(message),
        body=message.body,
    )


def _batch_letter(queue: str, message: QueueMessage, failed: FailedBatch) -> DeadLetter:
    batch, request = failed.batch, failed.request
    said = f"{batch.size} records failed {request.tries or 'many'} times ({request.condition or 'no condition given'})."
    return DeadLetter(
        id=message.id,
        queue=queue,
        kind="failed_batch",
        consumer=request.function.rpartition(":function:")[2].partition(":")[0],
        source=batch.stream or "",
        position=f"{batch.shard}:{batch.first}-{batch.last}",
        reason=Reason(code="batch_failed", message=said, hint="Its log says why; redrive it once that is mended."),
        since=failed.timestamp or _sent_at(message),
        body=message.body,
    )


def parse_letter(body: str) -> RejectedLetter | FailedBatch | None:
    for shape in (RejectedLetter, FailedBatch):
        try:
            return shape.model_validate_json(body)
        except ValidationError:
            continue
    return None


def _sent_at(message: QueueMessage) -> datetime | None:
    sent = message.attributes.get(SENT_AT, "")
    return datetime.fromtimestamp(int(sent) / 1000, UTC) if sent.isdigit() else None


def source_queue(dead_letter: str) -> str | None:
    return next((queue.name for queue in QUEUES if queue.dead_letter == dead_letter), None)

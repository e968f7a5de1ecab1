"""The edge that all stream consumers share: a Kinesis batch in, each record read, a partial-failure answer out.

A record that can't be obeyed is rejected (ledger and dead-letter queue) and counts as done; a failing service makes the
record, and by Lambda's rules those behind it, come again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from video_pipeline.errors import PipelineError
from video_pipeline.events import Body, Event, read_event
from video_pipeline.logs import bound
from video_pipeline.publishing import Publishing
from video_pipeline.rejecting import Received, RecordSource, Rejecting

logger = logging.getLogger(__name__)
BodyType = TypeVar("BodyType", bound=Body)


class Edge(Protocol):
    """What a consumer's dependencies have in common."""

    @property
    def rejecting(self) -> Rejecting: ...
    @property
    def publishing(self) -> Publishing: ...


def received(record: KinesisStreamRecord) -> Received:
    kinesis = record.kinesis
    stream = record.event_source_arn.rpartition("/")[2]
    position = f"{record.event_id}"
    source = RecordSource(name=_resource_type(stream), position=position, partition_key=kinesis.partition_key)
    return Received(raw=kinesis.data_as_bytes(), source=source)


def _resource_type(name: str) -> str:
    """`ingestion-stream` of `ingestion-stream-<suffix>`."""
    kind, middle, _ = name.partition("-stream")
    return kind + middle


def consume(
    event: dict[str, Any],
    edge: Edge,
    *,
    unit: str,
    kind: type[BodyType],
    do: Callable[[Event, BodyType], None],
) -> PartialItemFailureResponse:
    """Gives each event of type `kind` to `do`; events of other types are none of this consumer's business."""

    def one(record: KinesisStreamRecord) -> None:
        given = received(record)
        try:
            _obey(given, kind, do)
        except PipelineError as error:
            if error.retryable or not edge.rejecting.try_reject(unit, given, error):
                logger.warning("record comes again", extra={"reason": error.code, "detail": str(error)})
                raise
        except Exception:
            logger.exception("record failed")
            raise

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=one, processor=processor)
    edge.publishing.flush()
    return answer


def _obey(given: Received, kind: type[BodyType], do: Callable[[Event, BodyType], None]) -> None:
    event = read_event(given.raw)
    body = event.body
    if isinstance(body, kind):
        with bound(job_id=getattr(body, "job_id", None), video_id=getattr(body, "video_id", None)):
            do(event, body)

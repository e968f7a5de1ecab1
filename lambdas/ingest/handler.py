"""Kinesis records of the ingestion stream, and S3 notifications that waited in the uploads queue, become jobs.

Promise: a record is either in the ledger or in the dead-letter queue with its reason, or it is asked for again; a bad
one never keeps those behind it waiting; the same record twice changes nothing.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent, SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.batch import received
from video_pipeline.errors import PipelineError
from video_pipeline.logs import configure
from video_pipeline.rejecting import Received, RecordSource
from video_pipeline.settings import IngestSettings
from video_pipeline.topology import UPLOADS
from video_pipeline.wiring import IngestHost, open_ingest

logger = logging.getLogger(__name__)


@cache
def host() -> IngestHost:
    settings = IngestSettings()
    configure("ingest", settings.log_level)
    return open_ingest(settings)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answers `batchItemFailures`, for either source."""
    records = event.get("Records", [])
    from_queue = bool(records) and records[0].get("eventSource") == "aws:sqs"
    failed = _from_queue(event) if from_queue else _from_stream(event)
    host().publishing.flush()
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _from_stream(event: dict[str, Any]) -> list[str]:
    given = {received(record).source.position: record for record in KinesisStreamEvent(event).records}
    failed = host().intake.accept([received(record) for record in given.values()])
    return [given[position].kinesis.sequence_number for position in failed]


def _from_queue(event: dict[str, Any]) -> list[str]:
    return [record.message_id for record in SQSEvent(event).records if not _notified(record)]


def _notified(record: SQSRecord) -> bool:
    """False if the message should come again."""
    try:
        host().intake.accept_notification(record.body)
    except PipelineError as error:
        given = Received(record.body.encode(), RecordSource(UPLOADS.name, record.message_id))
        return not error.retryable and host().rejecting.try_reject("ingest", given, error)
    return True

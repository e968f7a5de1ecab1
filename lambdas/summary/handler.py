"""Orders of the summary queue: a video's transcript becomes its summary.

Promise: a video is summarised once for each order, however often it comes; a failing service brings the order again,
and to the dead-letter queue after three tries; a failing language model only delays what it writes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from video_pipeline.logs import bound, configure
from video_pipeline.settings import SummarySettings
from video_pipeline.summaries.orders import read_order
from video_pipeline.wiring import SummaryHost, open_summary


@cache
def host() -> SummaryHost:
    settings = SummarySettings()
    configure("summary", settings.log_level)
    return open_summary(settings)


def handler(event: dict[str, Any], _context: object) -> PartialItemFailureResponse:
    """Answers `batchItemFailures`."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=one, processor=processor)
    host().publishing.flush()
    return answer


def one(record: SQSRecord) -> None:
    order = read_order(record.body)
    with bound(job_id=order.job_id, video_id=order.video_id):
        host().summarising.summarise(order)

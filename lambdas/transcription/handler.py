"""Amazon Transcribe's completion events (EventBridge -> SQS): the finished transcript carries its job on.

Promise: nobody waits while Transcribe works; a report that comes twice changes nothing; one that can't be used yet, or
while a service fails, comes again and ends in the dead-letter queue after three tries.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from video_pipeline.logs import bound, configure
from video_pipeline.settings import TranscriptionSettings
from video_pipeline.wiring import TranscriptionHost, open_transcription

logger = logging.getLogger(__name__)


@cache
def host() -> TranscriptionHost:
    settings = TranscriptionSettings()
    configure("transcription", settings.log_level)
    return open_transcription(settings)


def handler(event: dict[str, Any], _context: object) -> PartialItemFailureResponse:
    """Answers `batchItemFailures`."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=one, processor=processor)
    host().publishing.flush()
    return answer


def one(record: SQSRecord) -> None:
    token = str(json.loads(record.body)["detail"]["TranscriptionJobName"])
    job_id = host().service.job_of(token)
    if job_id is None:
        logger.info("another installation's transcription job", extra={"token": token})
        return
    with bound(job_id=job_id):
        moved = host().transcribing.finish(host().service, job_id, token)
        logger.info("transcription reported", extra={"token": token, "moved": moved})

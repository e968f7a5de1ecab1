"""`chunks.ready` records of the pipeline stream: the video's vectors are made.

Promise: a job is moved on once, however often its record comes; a failing service brings the record again, what is
wrong for good ends the job with its reason.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from lambdas.batch import consume
from video_pipeline.events import ChunksReady
from video_pipeline.logs import configure
from video_pipeline.settings import EmbeddingSettings
from video_pipeline.wiring import EmbeddingHost, open_embedding


@cache
def host() -> EmbeddingHost:
    settings = EmbeddingSettings()
    configure("embedding", settings.log_level)
    return open_embedding(settings)


def handler(event: dict[str, Any], _context: object) -> PartialItemFailureResponse:
    """Answers `batchItemFailures`."""
    return consume(event, host(), unit="embedding", kind=ChunksReady, do=lambda _, body: host().indexing.index(body))

"""What an event source mapping says, from the topology or from Lambda's API."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any, Self

from local.resources import queue_arn, stream_arn
from video_pipeline.topology import QUEUE_CONSUMERS, STREAM_CONSUMERS, QueueConsumer, StreamConsumer, resource_name

Pattern = dict[str, Any]
UNLIMITED = -1


@dataclass(frozen=True)
class Mapping:
    """Times are seconds; `max_retries` and `max_record_age` of -1 mean without limit.

    `parallelization` is kept but not used: one batch per shard at a time is the stricter order.
    """

    source: str
    function: str
    batch_size: int
    batch_window: float = 0
    filters: tuple[Pattern, ...] = ()
    reports_failures: bool = False
    enabled: bool = True
    # streams
    starting_position: str = "TRIM_HORIZON"
    parallelization: int = 1
    max_retries: int = UNLIMITED
    max_record_age: int = UNLIMITED
    bisect_on_error: bool = False
    destination: str | None = None
    # queues
    max_concurrency: int = 2
    # given by Lambda
    uuid: str = ""

    @property
    def service(self) -> str:
        """`kinesis` or `sqs`."""
        return self.source.split(":")[2]

    @property
    def region(self) -> str:
        return self.source.split(":")[3]

    @property
    def key(self) -> str:
        """Names this mapping in what outlives it. A pair of the topology that is made anew goes on where the old one
        stopped; a mapping that Lambda names begins anew with its name, as there."""
        return self.uuid or f"{self.function} < {self.source}"

    @classmethod
    def of_stream(cls, consumer: StreamConsumer, region: str, suffix: str) -> Self:
        return cls(
            source=stream_arn(consumer.stream, region, suffix),
            function=resource_name(consumer.unit, suffix),
            batch_size=consumer.batch_size,
            batch_window=consumer.batch_window,
            filters=consumer.filter_patterns,
            reports_failures=True,
            parallelization=consumer.parallelization,
            max_retries=consumer.max_retries,
            max_record_age=consumer.max_record_age,
            bisect_on_error=consumer.bisect_on_error,
            destination=queue_arn(consumer.dead_letter, region, suffix),
        )

    @classmethod
    def of_queue(cls, consumer: QueueConsumer, region: str, suffix: str) -> Self:
        return cls(
            source=queue_arn(consumer.queue, region, suffix),
            function=resource_name(consumer.unit, suffix),
            batch_size=consumer.batch_size,
            batch_window=consumer.batch_window,
            reports_failures=True,
            max_concurrency=consumer.max_concurrency,
        )

    @classmethod
    def from_api(cls, answer: Dictionary[str, Any]) -> Self:
        """From one entry of `ListEventSourceMappings`."""
        criteria = answer.get("FilterCriteria") or {}
        destination = (answer.get("DestinationConfig") or {}).get("OnFailure") or {}
        return cls(
            source=answer["EventSourceArn"],
            function=answer["FunctionArn"].split(":")[6],
            batch_size=int(answer.get("BatchSize") or 100),
            batch_window=float(answer.get("MaximumBatchingWindowInSeconds") or 0),
            filters=tuple(json.loads(each["Pattern"]) for each in criteria.get("Filters") or ()),
            reports_failures="ReportBatchItemFailures" in (answer.get("FunctionResponseTypes") or ()),
            enabled=answer.get("State", "Enabled") in ("Enabled", "Enabling", "Creating", "Updating"),
            starting_position=answer.get("StartingPosition") or "TRIM_HORIZON",
            parallelization=int(answer.get("ParallelizationFactor") or 1),
            max_retries=_limit(answer.get("MaximumRetryAttempts")),
            max_record_age=_limit(answer.get("MaximumRecordAgeInSeconds")),
            bisect_on_error=bool(answer.get("BisectBatchOnFunctionError")),
            destination=destination.get("Destination"),
            max_concurrency=int((answer.get("ScalingConfig") or {}).get("MaximumConcurrency") or 2),
            uuid=answer.get("UUID") or "",
        )


def _limit(value: object) -> int:
    return UNLIMITED if value is None else int(str(value))


def from_topology(region: str, suffix: str) -> tuple[Mapping, ...]:
    """The mappings that the deployed stack has."""
    return (
        *(Mapping.of_stream(consumer, region, suffix) for consumer in STREAM_CONSUMERS),
        *(Mapping.of_queue(consumer, region, suffix) for consumer in QUEUE_CONSUMERS),
    )

"""What wakes the functions: event source mappings and the schedule, all as the topology says."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.kinesis_stream import KinesisStream
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingDestinationConfig,
    LambdaEventSourceMappingDestinationConfigOnFailure,
    LambdaEventSourceMappingFilterCriteria,
    LambdaEventSourceMappingFilterCriteriaFilter,
    LambdaEventSourceMappingScalingConfig,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from lib.environments import Environment
from lib.function import LambdaFunction
from lib.place import Place
from video_pipeline.topology import FUNCTIONS, QUEUE_CONSUMERS, STREAM_CONSUMERS, QueueConsumer, StreamConsumer

_PARTIAL = ["ReportBatchItemFailures"]
# A missed run is made up for by the next one, a minute later.
_SCHEDULE_RETRIES = 2
_SCHEDULE_AGE = 120


class Consumers(Construct):
    """The mappings from streams and queues to functions, and the schedules."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        functions: Mapping[str, LambdaFunction],
        streams: Mapping[str, KinesisStream],
        queues: Mapping[str, SqsQueue],
        schedule_dead_letters: SqsQueue,
        after: ITerraformDependable,
    ) -> None:
        """Nothing is woken before `after` is there."""
        super().__init__(scope, id)
        self._after = after
        for stream_consumer in STREAM_CONSUMERS:
            self._from_stream(stream_consumer, functions, streams, queues)
        for queue_consumer in QUEUE_CONSUMERS:
            self._from_queue(queue_consumer, functions, queues)
        for function in FUNCTIONS:
            if function.schedule_seconds:
                minutes = sweep_minutes(place.environment, function.schedule_seconds)
                self._schedule(place, functions[function.unit], minutes, schedule_dead_letters)

    def _from_stream(
        self,
        consumer: StreamConsumer,
        functions: Mapping[str, LambdaFunction],
        streams: Mapping[str, KinesisStream],
        queues: Mapping[str, SqsQueue],
    ) -> None:
        failed = LambdaEventSourceMappingDestinationConfigOnFailure(destination_arn=queues[consumer.dead_letter].arn)
        patterns = [
            LambdaEventSourceMappingFilterCriteriaFilter(pattern=json.dumps(each)) for each in consumer.filter_patterns
        ]
        LambdaEventSourceMapping(
            self,
            f"{consumer.unit}-{consumer.stream}",
            function_name=functions[consumer.unit].arn,
            event_source_arn=streams[consumer.stream].arn,
            starting_position="TRIM_HORIZON",
            depends_on=[self._after],
            batch_size=consumer.batch_size,
            maximum_batching_window_in_seconds=consumer.batch_window,
            parallelization_factor=consumer.parallelization,
            maximum_retry_attempts=consumer.max_retries,
            maximum_record_age_in_seconds=consumer.max_record_age,
            bisect_batch_on_function_error=consumer.bisect_on_error,
            function_response_types=_PARTIAL,
            destination_config=LambdaEventSourceMappingDestinationConfig(on_failure=failed),
            filter_criteria=LambdaEventSourceMappingFilterCriteria(filter=patterns) if patterns else None,
        )

    def _from_queue(
        self, consumer: QueueConsumer, functions: Mapping[str, LambdaFunction], queues: Mapping[str, SqsQueue]
    ) -> None:
        LambdaEventSourceMapping(
            self,
            f"{consumer.unit}-{consumer.queue}",
            function_name=functions[consumer.unit].arn,
            event_source_arn=queues[consumer.queue].arn,
            batch_size=consumer.batch_size,
            maximum_batching_window_in_seconds=consumer.batch_window,
            function_response_types=_PARTIAL,
            scaling_config=LambdaEventSourceMappingScalingConfig(maximum_concurrency=consumer.max_concurrency),
            depends_on=[self._after],
        )

    def _schedule(self, place: Place, function: LambdaFunction, minutes: int, dead_letters: SqsQueue) -> None:
        rule = CloudwatchEventRule(
            self,
            f"{function.node.id}-schedule",
            name=place.names(f"{function.node.id}-schedule"),
            schedule_expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
        )
        CloudwatchEventTarget(
            self,
            f"{function.node.id}-target",
            rule=rule.name,
            target_id=place.names(function.node.id),
            depends_on=[self._after],
            arn=function.arn,
            retry_policy=CloudwatchEventTargetRetryPolicy(
                maximum_event_age_in_seconds=_SCHEDULE_AGE, maximum_retry_attempts=_SCHEDULE_RETRIES
            ),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(arn=dead_letters.arn),
        )
        LambdaPermission(
            self,
            f"{function.node.id}-permission",
            statement_id="schedule",
            action="lambda:InvokeFunction",
            function_name=function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            depends_on=[function.resource],
        )


def sweep_minutes(environment: Environment, seconds: int) -> int:
    """Between two runs: what the topology says, or more where the environment does."""
    return max(seconds // 60, environment.sweep_minutes, 1)

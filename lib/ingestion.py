"""The streams and queues of the topology, and who may put something into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.kinesis_stream import KinesisStream, KinesisStreamStreamModeDetails
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from lib.place import Place
from video_pipeline.topology import (
    MEDIA_BUCKET,
    QUEUES,
    STREAMS,
    SWEEPER_DLQ,
    TRANSCRIPTION,
    TRANSCRIPTION_DLQ,
    TRANSCRIPTION_JOBS,
    UPLOADS,
    Queue,
    Stream,
)

_EVENT_AGE = 86_400
_EVENT_RETRIES = 185


class Ingestion(Construct):
    """Both Kinesis streams, every SQS queue, and the rule that brings Amazon Transcribe's reports."""

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        self._place = place
        self.streams = {each.name: self._stream(each) for each in STREAMS}
        self.queues: dict[str, SqsQueue] = {}
        self._statements: dict[str, list[Mapping[str, Any]]] = {each.name: [] for each in QUEUES}
        for queue in sorted(QUEUES, key=lambda each: each.dead_letter is not None):
            self.queues[queue.name] = self._queue(queue)
        bucket = f"arn:{place.partition}:s3:::{place.names(f'{MEDIA_BUCKET}-{place.account}')}"
        self._admit(UPLOADS, "s3.amazonaws.com", {"ArnEquals": {"aws:SourceArn": bucket}})
        rule = self._transcription_rule()
        from_rule = {"ArnEquals": {"aws:SourceArn": rule.arn}}
        self._admit(TRANSCRIPTION, "events.amazonaws.com", from_rule)
        self._admit(TRANSCRIPTION_DLQ, "events.amazonaws.com", from_rule)
        schedules = place.arn("events", f"rule/*-schedule-{place.names.suffix}")
        self._admit(SWEEPER_DLQ, "events.amazonaws.com", {"ArnLike": {"aws:SourceArn": schedules}})
        self.policies = {each.name: self._policy(each) for each in QUEUES}

    def _stream(self, stream: Stream) -> KinesisStream:
        environment = self._place.environment
        provisioned = environment.stream_mode == "PROVISIONED"
        return KinesisStream(
            self,
            stream.name,
            name=self._place.names(stream.name),
            shard_count=max(stream.shards, environment.stream_shards) if provisioned else None,
            retention_period=max(stream.retention_hours, environment.stream_retention_hours),
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            stream_mode_details=KinesisStreamStreamModeDetails(stream_mode=environment.stream_mode),
            enforce_consumer_deletion=True,
        )

    def _queue(self, queue: Queue) -> SqsQueue:
        redrive = None
        if queue.dead_letter:
            target = self.queues[queue.dead_letter].arn
            # As SQS gives it back, so that Terraform sees no change where there is none.
            said = {"deadLetterTargetArn": target, "maxReceiveCount": queue.max_receives}
            redrive = json.dumps(said, separators=(",", ":"))
        return SqsQueue(
            self,
            queue.name,
            name=self._place.names(queue.name),
            visibility_timeout_seconds=queue.visibility_timeout,
            message_retention_seconds=queue.retention,
            receive_wait_time_seconds=queue.long_poll,
            sqs_managed_sse_enabled=True,
            redrive_policy=redrive,
        )

    def _admit(self, queue: Queue, service: str, condition: Mapping[str, Any]) -> None:
        """A service of AWS may send, and only for the resource that the condition names."""
        self._statements[queue.name].append(
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": self.queues[queue.name].arn,
                "Condition": condition,
            }
        )

    def _policy(self, queue: Queue) -> SqsQueuePolicy:
        made = self.queues[queue.name]
        only_tls = {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": made.arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        statements = [only_tls, *self._statements[queue.name]]
        return SqsQueuePolicy(
            self,
            f"{queue.name}-policy",
            queue_url=made.id,
            policy=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )

    def _transcription_rule(self) -> CloudwatchEventRule:
        """Completed and failed jobs of this environment; those of others go past."""
        pattern = {
            "source": ["aws.transcribe"],
            "detail-type": ["Transcribe Job State Change"],
            "detail": {
                "TranscriptionJobStatus": ["COMPLETED", "FAILED"],
                "TranscriptionJobName": [{"prefix": f"{self._place.names(TRANSCRIPTION_JOBS)}-"}],
            },
        }
        rule = CloudwatchEventRule(
            self, "transcription-rule", name=self._place.names("transcription-rule"), event_pattern=json.dumps(pattern)
        )
        CloudwatchEventTarget(
            self,
            "transcription-target",
            rule=rule.name,
            target_id=self._place.names(TRANSCRIPTION.name),
            arn=self.queues[TRANSCRIPTION.name].arn,
            retry_policy=CloudwatchEventTargetRetryPolicy(
                maximum_event_age_in_seconds=_EVENT_AGE, maximum_retry_attempts=_EVENT_RETRIES
            ),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(arn=self.queues[TRANSCRIPTION_DLQ.name].arn),
        )
        return rule

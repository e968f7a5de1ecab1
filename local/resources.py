"""Makes what the topology names, through AWS's own interface. Making it again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from video_pipeline.topology import (
    DEFAULT_REGION,
    LOCAL_MAIL_FROM,
    MAIL_PREFIX,
    MEDIA_BUCKET,
    NOTIFIED_SUFFIXES,
    QUEUES,
    RESULTS_BUCKET,
    STREAMS,
    UPLOADS,
    UPLOADS_PREFIX,
    VERSIONED_BUCKETS,
    Queue,
    Stream,
    resource_name,
)

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CORSRuleTypeDef, FilterRuleTypeDef, QueueConfigurationTypeDef
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

# moto's account.
ACCOUNT: Final = "123456789012"


def session(region: str) -> boto3.session.Session:
    """For the emulated services, which take any credentials; the user's own are kept out of this."""
    return boto3.session.Session("local", "local", region_name=region)


def create(endpoint: str, region: str, suffix: str, origins: Sequence[str], *, sender: str = LOCAL_MAIL_FROM) -> None:
    """Buckets (with what browsers of `origins` need, and notifications), queues, streams and who sends mail."""
    opened = session(region)
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    create_queues(opened.client("sqs", endpoint_url=endpoint, config=config), region, suffix)
    create_streams(opened.client("kinesis", endpoint_url=endpoint, config=config), suffix)
    create_buckets(opened.client("s3", endpoint_url=endpoint, config=config), region, suffix, origins)
    create_sender(opened.client("sesv2", endpoint_url=endpoint, config=config), sender)


def create_sender(ses: SESV2Client, address: str) -> None:
    """The address that mail comes from, as one that is verified."""
    ses.create_email_identity(EmailIdentity=address)


def create_queues(sqs: SQSClient, region: str, suffix: str) -> None:
    for queue in sorted(QUEUES, key=lambda each: each.dead_letter is not None):
        sqs.create_queue(QueueName=resource_name(queue.name, suffix), Attributes=_attributes(queue, region, suffix))


def _attributes(queue: Queue, region: str, suffix: str) -> dict[QueueAttributeNameType, str]:
    attributes: dict[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(queue.visibility_timeout),
        "MessageRetentionPeriod": str(queue.retention),
        "ReceiveMessageWaitTimeSeconds": str(queue.long_poll),
    }
    if queue.dead_letter:
        target = queue_arn(queue.dead_letter, region, suffix)
        policy = {"deadLetterTargetArn": target, "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(policy)
    return attributes


def create_streams(kinesis: KinesisClient, suffix: str) -> None:
    existing = {name for page in kinesis.get_paginator("list_streams").paginate() for name in page["StreamNames"]}
    for stream in STREAMS:
        if resource_name(stream.name, suffix) not in existing:
            _create_stream(kinesis, stream, resource_name(stream.name, suffix))


def _create_stream(kinesis: KinesisClient, stream: Stream, name: str) -> None:
    kinesis.create_stream(StreamName=name, ShardCount=stream.shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if stream.retention_hours > 24:
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=stream.retention_hours)


def create_buckets(s3: S3Client, region: str, suffix: str, origins: Sequence[str]) -> None:
    for bucket in (MEDIA_BUCKET, RESULTS_BUCKET):
        _create_bucket(s3, resource_name(bucket, suffix), region)
        _allow_browsers(s3, resource_name(bucket, suffix), origins)
        if bucket in VERSIONED_BUCKETS:
            s3.put_bucket_versioning(
                Bucket=resource_name(bucket, suffix), VersioningConfiguration={"Status": "Enabled"}
            )
    s3.put_bucket_notification_configuration(
        Bucket=resource_name(MEDIA_BUCKET, suffix),
        NotificationConfiguration={"QueueConfigurations": notifications(region, suffix)},
    )


def _create_bucket(s3: S3Client, name: str, region: str) -> None:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        request: dict[str, Any] = {"Bucket": name}
        if region != DEFAULT_REGION:  # which S3 refuses to be told
            request["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(**request)


def _allow_browsers(s3: S3Client, bucket: str, origins: Sequence[str]) -> None:
    """Direct uploads and playback from pages of `origins`; a script must see ETags to finish an upload in parts."""
    if origins:
        rule: CORSRuleTypeDef = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["GET", "HEAD", "PUT"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges", "Content-Length"],
            "MaxAgeSeconds": 3600,
        }
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def notifications(region: str, suffix: str) -> list[QueueConfigurationTypeDef]:
    """One rule per media suffix, and one for mails."""
    queue = queue_arn(UPLOADS.name, region, suffix)
    mails: QueueConfigurationTypeDef = {
        "Id": "mail",
        "QueueArn": queue,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": MAIL_PREFIX}]}},
    }
    return [*(_notification(queue, ending) for ending in NOTIFIED_SUFFIXES), mails]


def _notification(queue: str, ending: str) -> QueueConfigurationTypeDef:
    rules: list[FilterRuleTypeDef] = [
        {"Name": "prefix", "Value": UPLOADS_PREFIX},
        {"Name": "suffix", "Value": ending},
    ]
    return {
        "Id": f"media{ending.replace('.', '-')}",
        "QueueArn": queue,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }


def queue_arn(name: str, region: str, suffix: str) -> str:
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{resource_name(name, suffix)}"


def stream_arn(name: str, region: str, suffix: str) -> str:
    return f"arn:aws:kinesis:{region}:{ACCOUNT}:stream/{resource_name(name, suffix)}"

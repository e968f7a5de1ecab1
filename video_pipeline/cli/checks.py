"""What every system is expected to have: streams, queues, buckets, and an API and a database that answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from video_pipeline.aws.errors import translated
from video_pipeline.cli.checkup import PRESENT, UNREACHABLE, Check, Seen
from video_pipeline.cli.system import START, System
from video_pipeline.topology import MEDIA_BUCKET, QUEUES, RESULTS_BUCKET, STREAMS, resource_name

if TYPE_CHECKING:
    from video_pipeline.aws.clients import Clients


def of_this_machine(system: System, clients: Clients) -> list[Check]:
    named = [resource_name(each, system.suffix) for each in (MEDIA_BUCKET, RESULTS_BUCKET)]
    checks = [*streams_and_queues(clients, system.suffix, START), *buckets(clients, named, START), api(system, START)]
    checks.append(Check("renderer", "films of pictures", _encodes, "Reinstall the package `av`: `make setup`."))
    url = system.database_url
    return checks if url is None else [*checks, _database(url)]


def streams_and_queues(clients: Clients, suffix: str, remedy: str) -> list[Check]:
    streams = [resource_name(each.name, suffix) for each in STREAMS]
    queues = [resource_name(each.name, suffix) for each in QUEUES]
    return [
        *(Check("stream", name, partial(_stream, clients, name), remedy) for name in streams),
        *(Check("queue", name, partial(_queue, clients, name), remedy) for name in queues),
    ]


def buckets(clients: Clients, names: Sequence[str], remedy: str) -> list[Check]:
    return [Check("bucket", name, partial(_bucket, clients, name), remedy) for name in names]


def api(system: System, remedy: str) -> Check:
    return Check("API", system.api_url, partial(_api, system), remedy)


def in_state(state: str, *wanted: str) -> Seen:
    """Present in one of the states that are `wanted`, else there and of no use."""
    return Seen(state.lower(), PRESENT if state in wanted else UNREACHABLE)


def _encodes() -> Seen:
    """Which codecs the films of slideshows can have here."""
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    from video_pipeline.slideshow.film import ENCODERS

    found: list[str] = []
    for codec, (encoder, _) in ENCODERS.items():
        with suppress(UnknownCodecError):
            Codec(encoder, "w")
            found.append(codec)
    return Seen(", ".join(found) or "no encoder", PRESENT if "h264" in found else UNREACHABLE)


def _stream(clients: Clients, name: str) -> Seen:
    with translated("kinesis:DescribeStreamSummary", name):
        found = clients.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return in_state(found["StreamStatus"], "ACTIVE", "UPDATING")


def _queue(clients: Clients, name: str) -> Seen:
    queue_arn(clients, name)
    return Seen()


def queue_arn(clients: Clients, name: str) -> str:
    with translated("sqs:GetQueueAttributes", name):
        url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _bucket(clients: Clients, name: str) -> Seen:
    with translated("s3:ListBucket", name):
        clients.s3.head_bucket(Bucket=name)
    return Seen()


def _api(system: System) -> Seen:
    from video_pipeline.cli.api import api_of

    with api_of(system) as opened:
        opened.get("healthz")
    return Seen("it and its database answer")


def _database(url: str) -> Check:
    return Check("database", "PostgreSQL", partial(_answers, url), START)


def _answers(url: str) -> Seen:
    from video_pipeline.database import Database

    database = Database(url, size=1, wait=3.0)
    try:
        with database.transaction() as connection:
            connection.execute("select 1")
        return Seen()
    finally:
        database.close()

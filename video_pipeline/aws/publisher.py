"""Messages to where their destination says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from threading import Lock
from typing import TYPE_CHECKING

from video_pipeline.aws.queue import SqsQueue
from video_pipeline.aws.retry import Backoff
from video_pipeline.aws.stream import StreamPublisher, StreamRecord
from video_pipeline.errors import Misconfigured
from video_pipeline.model import Message
from video_pipeline.topology import queues_by_name, resource_name, streams_by_name

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_sqs import SQSClient


class Publisher:
    """Sends to the streams and queues of the deployment `suffix`, at least once.

    Messages with the same destination and key arrive in their order on a stream; a queue keeps no order.
    """

    def __init__(self, kinesis: KinesisClient, sqs: SQSClient, suffix: str, *, backoff: Backoff | None = None) -> None:
        self._kinesis = kinesis
        self._sqs = sqs
        self._suffix = suffix
        self._backoff = backoff
        self._queues: dict[str, SqsQueue] = {}
        self._lock = Lock()

    def publish(self, messages: Sequence[Message]) -> None:
        """Raises `Unavailable` if a stream or queue refused some; others may have been sent."""
        for destination, group in groupby(sorted(messages, key=_destination), key=_destination):
            self._send(destination, list(group))

    def _send(self, destination: str, messages: Sequence[Message]) -> None:
        if destination in streams_by_name():
            stream = resource_name(destination, self._suffix)
            records = (StreamRecord(message.key, message.body.encode()) for message in messages)
            StreamPublisher(self._kinesis, stream, backoff=self._backoff).put(records)
        elif destination in queues_by_name():
            for delay in sorted({message.delay for message in messages}):
                bodies = [message.body for message in messages if message.delay == delay]
                self._queue(destination).send_all(bodies, delay=delay)
        else:
            message = f"There is no stream or queue {destination!r} to publish to."
            raise Misconfigured("unknown_destination", message)

    def _queue(self, destination: str) -> SqsQueue:
        with self._lock:
            if destination not in self._queues:
                name = resource_name(destination, self._suffix)
                self._queues[destination] = SqsQueue(self._sqs, name, backoff=self._backoff)
            return self._queues[destination]


def _destination(message: Message) -> str:
    return message.destination

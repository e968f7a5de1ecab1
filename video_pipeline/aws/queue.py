"""An SQS queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from video_pipeline.aws.errors import translated
from video_pipeline.aws.retry import Backoff
from video_pipeline.errors import BadInput, Conflict, Unavailable
from video_pipeline.model import QueueMessage
from video_pipeline.topology import LIMITS

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        ReceiveMessageRequestTypeDef,
    )

SENT_AT: Final = "SentTimestamp"
_PER_CALL: Final = 10
_RECEIPT_GONE: Final = {
    "ReceiptHandleIsInvalid",
    "InvalidReceiptHandle",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
    "InvalidParameterValue",
    "InvalidParameterValueException",
}
_COUNTS: Final[Mapping[str, str]] = {
    "visible": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


class SqsQueue:
    """The queue called `name` (with its suffix); its URL is looked up at the first use."""

    def __init__(self, client: SQSClient, name: str, *, backoff: Backoff | None = None) -> None:
        self.name = name
        self._client = client
        self._backoff = backoff or Backoff()
        self._found_url: str | None = None

    @property
    def url(self) -> str:
        if self._found_url is None:
            with translated("sqs:GetQueueUrl", self.name):
                self._found_url = self._client.get_queue_url(QueueName=self.name)["QueueUrl"]
        return self._found_url

    def receive(self, *, most: int = 1, wait: int = 20, visibility: int | None = None) -> list[QueueMessage]:
        """Up to ten; `attributes` are the message's own, and `SentTimestamp` in milliseconds since 1970."""
        request: ReceiveMessageRequestTypeDef = {
            "QueueUrl": self.url,
            "MaxNumberOfMessages": min(most, _PER_CALL),
            "WaitTimeSeconds": wait,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["ApproximateReceiveCount", SENT_AT],
        }
        if visibility is not None:
            request["VisibilityTimeout"] = visibility
        with translated("sqs:ReceiveMessage", self.name):
            answer = self._client.receive_message(**request)
        return [_message(each) for each in answer.get("Messages", [])]

    def extend(self, message: QueueMessage, seconds: int) -> None:
        """Hides the message for `seconds` from now. `Conflict("receipt_gone")` when it is no longer this receiver's."""
        try:
            with translated("sqs:ChangeMessageVisibility", self.name):
                self._client.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
                )
        except BadInput as error:
            if _lost(error):
                raise Conflict("receipt_gone", f"The message {message.id} is no longer held here.") from error
            raise

    def delete(self, message: QueueMessage) -> None:
        """Removes the message; one that is gone already is as good."""
        try:
            with translated("sqs:DeleteMessage", self.name):
                self._client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)
        except BadInput as error:
            if not _lost(error):
                raise

    def send(self, body: str, *, attributes: Mapping[str, str] | None = None) -> None:
        """`BadInput("message_too_large")` beyond what a queue takes."""
        _check_size(body, attributes or {})
        with translated("sqs:SendMessage", self.name):
            self._client.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=_typed(attributes or {}))

    def send_all(self, bodies: Sequence[str], *, delay: int = 0) -> None:
        """Sends all, at least once, to be seen after `delay` seconds. `Unavailable` when some were refused for long."""
        for body in bodies:
            _check_size(body, {})
        for batch in _batches(bodies):
            self._send_batch(batch, delay)

    def depth(self) -> Mapping[str, int]:
        with translated("sqs:GetQueueAttributes", self.name):
            answer = self._client.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        counts: Mapping[str, str] = {str(name): text for name, text in answer.get("Attributes", {}).items()}
        return {ours: int(counts.get(theirs, 0)) for ours, theirs in _COUNTS.items()}

    def _send_batch(self, bodies: Sequence[str], delay: int) -> None:
        waiting, failed = dict(enumerate(bodies)), 0
        while waiting:
            with translated("sqs:SendMessage", self.name):
                answer = self._client.send_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(place), "MessageBody": body, "DelaySeconds": delay}
                        for place, body in waiting.items()
                    ],
                )
            refused = {int(each["Id"]) for each in answer.get("Failed", [])}
            failed = failed + 1 if len(refused) == len(waiting) else 0
            waiting = {place: body for place, body in waiting.items() if place in refused}
            if waiting and not self._backoff.pause(max(failed, 1)):
                message = f"The queue {self.name} refused {len(waiting)} messages again and again."
                raise Unavailable("queue_refused", message, reasons=[each.get("Code") for each in answer["Failed"]])


def _message(raw: MessageTypeDef) -> QueueMessage:
    system: Mapping[str, str] = {str(name): text for name, text in raw.get("Attributes", {}).items()}
    own = {
        name: value["StringValue"] for name, value in raw.get("MessageAttributes", {}).items() if "StringValue" in value
    }
    sent = {SENT_AT: system[SENT_AT]} if SENT_AT in system else {}
    return QueueMessage(
        id=raw["MessageId"],
        receipt=raw["ReceiptHandle"],
        body=raw["Body"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes=own | sent,
    )


def _typed(attributes: Mapping[str, str]) -> dict[str, MessageAttributeValueTypeDef]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def _lost(error: BadInput) -> bool:
    return error.facts.get("aws_code") in _RECEIPT_GONE


def _check_size(body: str, attributes: Mapping[str, str]) -> None:
    size = len(body.encode()) + sum(len(f"{name}String{value}".encode()) for name, value in attributes.items())
    if size > LIMITS.event_bytes:
        message = f"A message of {size} bytes does not fit: SQS takes {LIMITS.event_bytes}."
        raise BadInput("message_too_large", message, hint="Put the content in S3 and send its address.")


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == _PER_CALL or size + length > LIMITS.event_bytes):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch

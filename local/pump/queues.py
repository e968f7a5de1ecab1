"""Polls one queue for one mapping: receives, invokes, deletes what is done. What failed reappears by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from local.pump.answers import Answer, NotInvoked, failures
from local.pump.events import sqs_event
from local.pump.filters import wanted
from local.pump.mapping import Mapping
from local.pump.stopping import Stop, patiently

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

log = logging.getLogger(__name__)
LONG_POLL: Final = 20
AT_ONCE: Final = 10  # SQS gives and takes no more in one call


class QueuePump:
    """One of the mapping's concurrent pollers."""

    def __init__(
        self, mapping: Mapping, *, sqs: SQSClient, invoke: Callable[[str, dict[str, Any]], Answer], stop: Stop
    ) -> None:
        self._mapping = mapping
        self._sqs = sqs
        self._invoke = invoke
        self._stop = stop
        self._url = ""

    def run(self) -> None:
        """Until stopped."""
        patiently(self._poll, self._stop, f"{self._mapping.function} polling {self._mapping.source}")

    def _poll(self) -> None:
        name = self._mapping.source.split(":")[5]
        self._url = self._url or self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        messages = self._gather()
        unwanted = [message for message in messages if not self._wants(message)]
        self._delete(unwanted)
        batch = [message for message in messages if message not in unwanted]
        if batch:
            self._delete(self._done(batch))

    def _gather(self) -> list[MessageTypeDef]:
        """Waits for a first message, then for more until the batch is full or its window closes."""
        messages = self._receive(LONG_POLL)
        closes = time.monotonic() + self._mapping.batch_window
        while messages and len(messages) < self._mapping.batch_size and time.monotonic() < closes:
            messages += self._receive(1, most=self._mapping.batch_size - len(messages))
        return messages

    def _receive(self, seconds: int, most: int | None = None) -> list[MessageTypeDef]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(most or self._mapping.batch_size, AT_ONCE),
            WaitTimeSeconds=seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def _wants(self, message: MessageTypeDef) -> bool:
        fields = sqs_event(self._mapping, [message])["Records"][0]
        return wanted(self._mapping.filters, fields, "body", message["Body"].encode())

    def _done(self, batch: Sequence[MessageTypeDef]) -> list[MessageTypeDef]:
        """The messages that the function has dealt with."""
        self._stop.check()
        try:
            answer = self._invoke(self._mapping.function, sqs_event(self._mapping, batch))
        except NotInvoked as refusal:
            log.warning("can't invoke %s: %s", self._mapping.function, refusal)
            return []
        if not self._mapping.reports_failures:
            return [] if answer.error is not None else list(batch)
        failed = failures(answer, [message["MessageId"] for message in batch])
        return [] if failed is None else [message for message in batch if message["MessageId"] not in failed]

    def _delete(self, messages: Sequence[MessageTypeDef]) -> None:
        for first in range(0, len(messages), AT_ONCE):
            entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[first : first + AT_ONCE])
            ]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            for refused in answer.get("Failed", []):
                log.warning("a message that was dealt with can't be deleted: %s", refused)

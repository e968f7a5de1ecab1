"""SQS whose messages survive, with the locks that moto leaves out.

moto keeps messages in lists; every change is written to the journal before the list changes, so that an answered call
is a kept one. All work on a queue holds that queue's lock (waiting for messages lets go of it).
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, b64encode
from typing import Any

from moto.sqs.models import DEDUPLICATION_TIME_IN_SECONDS, Message, Queue, SQSBackend

from local.aws.gate import current
from local.aws.journal import Journal
from local.aws.patching import replace

SCHEMA = """
create table if not exists messages (
    position integer primary key autoincrement, id text not null unique, queue text not null, state text not null);
create index if not exists messages_by_queue on messages (queue, position);
create table if not exists boots (id integer primary key check (id = 1), boot text not null);
"""
_KEPT = (
    "body",
    "message_attributes",
    "system_attributes",
    "receipt_handle",
    "_old_receipt_handles",
    "sent_timestamp",
    "approximate_first_receive_timestamp",
    "approximate_receive_count",
    "deduplication_id",
    "group_id",
    "sequence_number",
    "visible_at",
    "delayed_until",
)
# A client that has hung up must not be handed a message: it would stay invisible for nothing.
GLANCE = 1.0


class ClientGone(ConnectionError):
    """The one who waited for a message has hung up."""


def lock(queue: Queue) -> threading.Condition:
    return queue._messages_lock  # noqa: SLF001  moto's own lock, which moto takes too rarely


def held(queue: Queue) -> list[Message]:
    return queue._messages  # noqa: SLF001  the one list there is


class MessageStore:
    """The messages of all queues, by the ARN of their queue."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        journal.define(SCHEMA)

    def add(self, queue: str, message: Message) -> None:
        """Also moves a message that is in another queue."""
        self._journal.run(
            "insert or replace into messages (id, queue, state) values (?, ?, ?)", (message.id, queue, _dump(message))
        )

    def update(self, message: Message) -> None:
        self._journal.run("update messages set state = ? where id = ?", (_dump(message), message.id))

    def remove(self, message: Message) -> None:
        self._journal.run("delete from messages where id = ?", (message.id,))

    def clear(self, queue: str) -> None:
        self._journal.run("delete from messages where queue = ?", (queue,))

    def of(self, queue: str) -> list[Message]:
        """In the order in which they were sent."""
        rows = self._journal.rows("select id, state from messages where queue = ? order by position", (queue,))
        return [_load(key, state) for key, state in rows]

    def begin(self, boot: str) -> None:
        """At the first start under this name messages in flight become visible: whoever had received them is gone."""
        if self._journal.value("select boot from boots") != boot:
            with self._journal.transaction() as transaction:
                transaction.execute("insert or replace into boots values (1, ?)", (boot,))
                transaction.execute("update messages set state = json_set(state, '$.visible_at', 0.0)")


def _dump(message: Message) -> str:
    return json.dumps({name: getattr(message, name) for name in _KEPT}, default=_bytes)


def _bytes(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} can't be kept")


def _load(key: str, state: str) -> Message:
    message = Message(key, "")
    for name, value in json.loads(state, object_hook=_unbytes).items():
        setattr(message, name, value)
    return message


def _unbytes(value: dict[str, Any]) -> Any:
    return b64decode(value["base64"]) if set(value) == {"base64"} else value


def install(journal: Journal) -> MessageStore:
    """Makes moto's SQS durable in this process, and keeps it from invoking functions itself."""
    store = MessageStore(journal)
    _queues(store)
    _send(store)
    _receive(store)
    _settle(store)
    return store


def _queues(store: MessageStore) -> None:
    create, delete, purge = SQSBackend.create_queue, SQSBackend.delete_queue, SQSBackend.purge_queue

    @replace(SQSBackend, "create_queue")
    def create_queue(self: SQSBackend, name: str, *args: Any, **kwargs: Any) -> Queue:
        fresh = name not in self.queues
        queue = create(self, name, *args, **kwargs)
        if fresh:
            with lock(queue):
                held(queue).extend(store.of(queue.queue_arn))
        return queue

    @replace(SQSBackend, "delete_queue")
    def delete_queue(self: SQSBackend, queue_name: str) -> None:
        queue = self.get_queue(queue_name)
        store.clear(queue.queue_arn)
        delete(self, queue_name)

    @replace(SQSBackend, "purge_queue")
    def purge_queue(self: SQSBackend, queue_name: str) -> None:
        queue = self.get_queue(queue_name)
        with lock(queue):
            purge(self, queue_name)
            store.clear(queue.queue_arn)


def _send(store: MessageStore) -> None:
    @replace(Queue, "add_message")
    def add_message(self: Queue, message: Message) -> None:
        with lock(self):
            if self.fifo_queue and _sent_before(self, message):
                return
            store.add(self.queue_arn, message)
            held(self).append(message)
            lock(self).notify_all()


def _sent(message: Message) -> int:
    """Milliseconds since 1970."""
    moment: Any = message.sent_timestamp
    return int(moment or 0)


def _sent_before(queue: Queue, message: Message) -> bool:
    """Whether a FIFO queue holds the message's deduplication id of the last five minutes."""
    recent = time.time() * 1000 - DEDUPLICATION_TIME_IN_SECONDS * 1000
    return message.deduplication_id is not None and any(
        other.deduplication_id == message.deduplication_id and _sent(other) > recent for other in held(queue)
    )


def _receive(store: MessageStore) -> None:
    receive, mark, change = SQSBackend.receive_message, Message.mark_received, Message.change_visibility

    @replace(SQSBackend, "receive_message")
    def receive_message(self: SQSBackend, queue_name: str, *args: Any, **kwargs: Any) -> list[Message]:
        queue = self.get_queue(queue_name)
        with lock(queue):
            _expire(store, queue)
            return receive(self, queue_name, *args, **kwargs)

    @replace(Queue, "wait_for_messages")
    def wait_for_messages(self: Queue, timeout: int) -> None:
        lock(self).wait(min(timeout, GLANCE))
        if current().abandoned():
            raise ClientGone

    @replace(Message, "mark_received")
    def mark_received(self: Message, visibility_timeout: int | None = None) -> None:
        mark(self, visibility_timeout)
        store.update(self)

    @replace(Message, "change_visibility")
    def change_visibility(self: Message, visibility_timeout: int) -> None:
        change(self, visibility_timeout)
        store.update(self)


def _expire(store: MessageStore, queue: Queue) -> None:
    """Drops what the queue's retention has outlived; moto would let it block the queue instead."""
    oldest = (time.time() - int(queue.attributes["MessageRetentionPeriod"])) * 1000
    for message in [each for each in held(queue) if _sent(each) < oldest]:
        store.remove(message)
        held(queue).remove(message)


def _settle(store: MessageStore) -> None:
    delete, change = Queue.delete_message, SQSBackend.change_message_visibility

    @replace(Queue, "delete_message")
    def delete_message(self: Queue, receipt_handle: str) -> None:
        with lock(self):
            for message in held(self):
                if message.had_receipt_handle(receipt_handle):
                    store.remove(message)
            delete(self, receipt_handle)

    @replace(SQSBackend, "change_message_visibility")
    def change_message_visibility(
        self: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        with lock(self.get_queue(queue_name)):
            change(self, queue_name, receipt_handle, visibility_timeout)

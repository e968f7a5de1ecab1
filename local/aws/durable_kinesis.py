"""Kinesis whose records are in the journal alone: they survive, take no memory, and a reader may wait for them.

Sequence numbers follow the clock, so that they keep growing even when the data folder was emptied under a consumer
that remembers where it stopped.
"""

from __future__ import annotations

import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from moto.kinesis.exceptions import InvalidArgumentError, RecordSizeExceedsLimit, ResourceNotFoundError
from moto.kinesis.models import KinesisBackend, Record, Stream
from moto.kinesis.utils import compose_shard_iterator, decompose_shard_iterator

from local.aws.gate import current
from local.aws.journal import Journal
from local.aws.patching import replace

SCHEMA = """
create table if not exists records (
    stream text not null, shard text not null, sequence integer not null, partition_key text not null,
    arrived real not null, expires real not null, data blob not null, primary key (stream, shard, sequence));
create index if not exists records_by_expiry on records (expires);
create table if not exists clock (id integer primary key check (id = 1), seen real not null);
"""
RECORD_BYTES = 1024 * 1024
PAGE_BYTES = 10 * 1024 * 1024
PAGE_RECORDS = 10_000
# A reader that waits looks this often whether its client is still there.
GLANCE = 1.0

_READ = """select sequence, partition_key, data, arrived from records
           where stream = ? and shard = ? and sequence > ? and expires > ? order by sequence limit ?"""
Kept = tuple[int, str, bytes, float]


class RecordStore:
    """The records of all streams. Retention counts the time that this store is open: a machine may be off for days."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._arrival = threading.Condition()
        journal.define(SCHEMA)
        seen = journal.value("select seen from clock")
        if seen is not None:
            journal.run("update records set expires = expires + ?", (max(time.time() - seen, 0.0),))
        self.trim()

    def append(self, stream: str, shard: str, partition_key: str, data: bytes, hours: int) -> int:
        """The sequence number of the new record, which is kept when this returns; it expires after `hours`."""
        now = time.time()
        expires = now + hours * 3600
        with self._arrival:
            with self._journal.transaction() as transaction:
                sequence = max(self.last(stream, shard) + 1, time.time_ns())
                values = (stream, shard, sequence, partition_key, now, expires, data)
                transaction.execute("insert into records values (?, ?, ?, ?, ?, ?, ?)", values)
            self._arrival.notify_all()
        return sequence

    def last(self, stream: str, shard: str) -> int:
        """The newest sequence number, or 0."""
        select = "select max(sequence) from records where stream = ? and shard = ?"
        return int(self._journal.value(select, (stream, shard)) or 0)

    def before(self, stream: str, shard: str, moment: float) -> int:
        """The newest sequence number of those that arrived before `moment`, or 0."""
        select = "select max(sequence) from records where stream = ? and shard = ? and arrived < ?"
        return int(self._journal.value(select, (stream, shard, moment)) or 0)

    def read(self, stream: str, shard: str, after: int, limit: int) -> list[Kept]:
        """Records after `after` in order, as many as one answer may hold."""
        found: list[Kept] = []
        size = 0
        with closing(self._journal.each(_READ, (stream, shard, after, time.time(), limit))) as rows:
            for sequence, key, data, arrived in rows:
                size += len(data)
                if found and size > PAGE_BYTES:
                    break
                found.append((sequence, key, data, arrived))
        return found

    def await_record(self, seconds: float, given_up: Callable[[], bool], stream: str, shard: str, after: int) -> None:
        """Returns when there is a record after `after`, when the time is over, or when nobody wants it any more."""
        deadline = time.monotonic() + seconds
        with self._arrival:
            while self.last(stream, shard) <= after and not given_up():
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self._arrival.wait(min(left, GLANCE))

    def forget(self, stream: str) -> None:
        self._journal.run("delete from records where stream = ?", (stream,))

    def trim(self) -> None:
        """Drops what has expired and notes the time; to be called now and then."""
        now = time.time()
        self._journal.run("insert or replace into clock values (1, ?)", (now,))
        if self._journal.run("delete from records where expires <= ?", (now,)):
            self._journal.shrink()


def install(journal: Journal) -> RecordStore:
    """Makes moto's Kinesis durable in this process, and keeps it from invoking functions itself."""
    store = RecordStore(journal)
    _write(store)
    _iterate(store)
    _read(store)
    return store


def _write(store: RecordStore) -> None:
    delete = KinesisBackend.delete_stream

    @replace(Stream, "put_record")
    def put_record(self: Stream, partition_key: str, explicit_hash_key: str, data: str) -> tuple[str, str]:
        shard = self.get_shard_for_key(partition_key, explicit_hash_key)
        if shard is None:
            raise InvalidArgumentError("explicit_hash_key")
        content = b64decode(data)
        if len(content) + len(partition_key.encode()) > RECORD_BYTES:
            raise RecordSizeExceedsLimit(position=1)
        hours = self.retention_period_hours
        return str(store.append(self.arn, shard.shard_id, partition_key, content, hours)), shard.shard_id

    @replace(KinesisBackend, "delete_stream")
    def delete_stream(self: KinesisBackend, *args: Any, **kwargs: Any) -> Stream:
        stream = delete(self, *args, **kwargs)
        store.forget(stream.arn)
        return stream

    @replace(KinesisBackend, "_send_stream_metrics")
    def send_stream_metrics(*_: object, **__: object) -> None:
        """moto would keep two data points in memory for every record, for ever."""


def _iterate(store: RecordStore) -> None:
    @replace(KinesisBackend, "get_shard_iterator")
    def get_shard_iterator(
        self: KinesisBackend,
        stream_arn: str | None,
        stream_name: str | None,
        shard_id: str,
        shard_iterator_type: str,
        starting_sequence_number: str | None,
        at_timestamp: datetime | float | None,
    ) -> str:
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        if shard_id not in stream.shards:
            raise ResourceNotFoundError(
                f"Shard {shard_id} in stream {stream.stream_name} under account {self.account_id} does not exist"
            )
        after = _after(store, stream.arn, shard_id, shard_iterator_type, starting_sequence_number, at_timestamp)
        return compose_shard_iterator(stream.stream_name, stream.shards[shard_id], after)


def _after(
    store: RecordStore, stream: str, shard: str, kind: str, sequence: str | None, moment: datetime | float | None
) -> int:
    """The sequence number after which the iterator reads."""
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return store.last(stream, shard)
    if kind == "AT_TIMESTAMP" and moment is not None:
        seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
        return store.before(stream, shard, seconds)
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER") and sequence is not None and sequence.isdigit():
        return int(sequence) - (kind == "AT_SEQUENCE_NUMBER")
    raise InvalidArgumentError(f"Invalid shard iterator: {kind} {sequence or ''}")


def _read(store: RecordStore) -> None:
    @replace(KinesisBackend, "get_records")
    def get_records(
        self: KinesisBackend, stream_arn: str | None, shard_iterator: str, limit: int | None
    ) -> tuple[str, list[Record], int]:
        stream_name, shard_id, last = decompose_shard_iterator(shard_iterator)
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        shard, after = stream.get_shard(shard_id), int(last)
        if (client := current()).wait:
            store.await_record(client.wait, client.abandoned, stream.arn, shard_id, after)
        found = store.read(stream.arn, shard_id, after, limit or PAGE_RECORDS)
        reached = found[-1][0] if found else after
        behind = _milliseconds_behind(store, stream.arn, shard_id, found)
        return compose_shard_iterator(stream_name, shard, reached), [_record(kept) for kept in found], behind


def _milliseconds_behind(store: RecordStore, stream: str, shard: str, found: list[Kept]) -> int:
    if not found or found[-1][0] == store.last(stream, shard):
        return 0
    return int((time.time() - found[-1][3]) * 1000)


def _record(kept: Kept) -> Record:
    sequence, key, data, arrived = kept
    record = Record(key, b64encode(data).decode(), sequence, "")
    record.created_at_datetime = datetime.fromtimestamp(arrived, UTC)
    record.created_at = arrived
    return record

"""Reads one shard for one mapping and brings it to the function, batch after batch."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from local.pump.answers import Answer
from local.pump.checkpoints import Checkpoints
from local.pump.delivery import Batch, Condition, Delivery, StreamRecord
from local.pump.events import failure_record, kinesis_event, kinesis_fields
from local.pump.filters import wanted
from local.pump.mapping import Mapping
from local.pump.stopping import Stop, patiently

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient

log = logging.getLogger(__name__)
# Lambda's limit on an event, with base64 and the rest of a record taken into account.
PAYLOAD_BYTES: Final = 6 * 1024 * 1024
RECORD_OVERHEAD: Final = 700
# How long the emulated Kinesis may hold a read that finds nothing. Another one is asked a few times a second.
LONG_WAIT: Final = 10.0
SHORT_WAIT: Final = 0.2
PAGE: Final = 1000

_wait: ContextVar[float] = ContextVar("wait", default=0.0)


def let_reads_wait(kinesis: KinesisClient) -> None:
    """Adds to reads how long they may wait; real Kinesis and plain moto ignore it."""

    def add(params: dict[str, Any], **_: object) -> None:
        params["headers"]["X-Local-Wait"] = str(_wait.get())

    kinesis.meta.events.register("before-call.kinesis.GetRecords", add)


class ShardReader:
    """Gathers batches of wanted records, from where the mapping stopped."""

    def __init__(self, mapping: Mapping, shard: str, kinesis: KinesisClient, start: str | None) -> None:
        self._mapping = mapping
        self._shard = shard
        self._kinesis = kinesis
        self._iterator = self._open(start)
        self._fetched: deque[StreamRecord] = deque()

    def batch(self, passed: Callable[[StreamRecord], None], stop: Stop) -> list[StreamRecord]:
        """The next records to invoke with; empty if none came in time. Tells which unwanted ones it went past."""
        gathered: list[StreamRecord] = []
        size, closes = 0, time.monotonic() + LONG_WAIT
        while len(gathered) < self._mapping.batch_size and not stop.is_set():
            if not self._fetched and not self._fetch(closes - time.monotonic()):
                break
            record = self._fetched[0]
            if not self._wants(record):
                if not gathered:
                    passed(record)
            elif gathered and size + cost(record) > PAYLOAD_BYTES:
                break
            else:
                if not gathered:
                    closes = time.monotonic() + self._mapping.batch_window
                gathered.append(record)
                size += cost(record)
            self._fetched.popleft()
        return gathered

    def _open(self, start: str | None) -> str:
        position: dict[str, Any] = (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": start}
            if start
            else {"ShardIteratorType": self._mapping.starting_position}
        )
        name = self._mapping.source.split("/")[1]
        return self._kinesis.get_shard_iterator(StreamName=name, ShardId=self._shard, **position)["ShardIterator"]

    def _fetch(self, seconds: float) -> bool:
        """Reads on, waiting at most so long for a record; whether any came."""
        if seconds < 0:
            return False
        token = _wait.set(seconds)
        asked = time.monotonic()
        try:
            page = self._kinesis.get_records(ShardIterator=self._iterator, Limit=PAGE)
        finally:
            _wait.reset(token)
        self._iterator = page["NextShardIterator"]
        self._fetched.extend(map(_record, page["Records"]))
        if not page["Records"] and time.monotonic() - asked < min(seconds, SHORT_WAIT):
            time.sleep(min(seconds, SHORT_WAIT))
        return bool(page["Records"])

    def _wants(self, record: StreamRecord) -> bool:
        return wanted(self._mapping.filters, kinesis_fields(record), "data", record.data)


def _record(answer: Any) -> StreamRecord:
    arrived = answer["ApproximateArrivalTimestamp"].timestamp()
    return StreamRecord(answer["SequenceNumber"], answer["PartitionKey"], answer["Data"], arrived)


def cost(record: StreamRecord) -> int:
    """About how many bytes of an event the record takes."""
    return (len(record.data) + 2) // 3 * 4 + len(record.partition_key) + RECORD_OVERHEAD


class ShardPump:
    """The loop of one shard; also what a delivery does to the world."""

    def __init__(
        self,
        mapping: Mapping,
        shard: str,
        *,
        kinesis: KinesisClient,
        invoke: Callable[[str, dict[str, Any]], Answer],
        send: Callable[[str, str], None],
        checkpoints: Checkpoints,
        stop: Stop,
        since: float,
    ) -> None:
        self._mapping = mapping
        self._shard = shard
        self._kinesis = kinesis
        self._invoke = invoke
        self._send = send
        self._checkpoints = checkpoints
        self._stop = stop
        self._delivery = Delivery(mapping, self, since=since)

    def run(self) -> None:
        """Until stopped. After a failure of AWS it opens the shard again where it was settled."""
        patiently(self._read, self._stop, f"{self._mapping.function} reading {self._shard}")

    def _read(self) -> None:
        start = self._checkpoints.get(self._mapping.key, self._shard)
        reader = ShardReader(self._mapping, self._shard, self._kinesis, start)
        while not self._stop.is_set():
            batch = reader.batch(self.settle, self._stop)
            if batch:
                self._delivery.deliver(batch)

    def invoke(self, records: Sequence[StreamRecord]) -> Answer:
        self._stop.check()
        return self._invoke(self._mapping.function, kinesis_event(self._mapping, self._shard, records))

    def settle(self, last: StreamRecord) -> None:
        self._checkpoints.put(self._mapping.key, self._shard, last.sequence)

    def discard(self, batch: Batch, condition: Condition) -> None:
        if self._mapping.destination is None:
            return
        text = json.dumps(failure_record(self._mapping, self._shard, batch, condition))
        self._send(self._mapping.destination, text)

    def pause(self, seconds: float) -> None:
        self._stop.wait_or_raise(seconds)

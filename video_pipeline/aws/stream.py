"""Kinesis streams: putting records so that none is lost and each key stays in order, and reading a stretch again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from video_pipeline.aws.errors import translated
from video_pipeline.aws.retry import Backoff
from video_pipeline.errors import BadInput, NotFound, Unavailable
from video_pipeline.topology import LIMITS, resource_name

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_kinesis.type_defs import GetRecordsOutputTypeDef

RECORDS_PER_CALL: Final = 500
BYTES_PER_CALL: Final = 5 * 1024**2
KEY_CHARS: Final = 256
_PAGE: Final = 1_000
_PAGES: Final = 2_000
_BETWEEN_PAGES: Final = 0.2  # a shard answers five reads a second


class StreamRecord(NamedTuple):
    """Partition key and content."""

    key: str
    data: bytes

    @property
    def size(self) -> int:
        """As Kinesis counts it."""
        return len(self.key.encode()) + len(self.data)


class StreamPublisher:
    """Puts records on one stream, at least once, and in order for each partition key.

    A call to Kinesis may fail for a record and pass for the one behind it, so a call carries one record of a key at
    most: what follows is only sent when it is there.
    """

    def __init__(self, client: KinesisClient, stream: str, *, backoff: Backoff | None = None) -> None:
        self._client = client
        self._stream = stream
        self._backoff = backoff or Backoff()

    def put(self, records: Iterable[StreamRecord], *, on_sent: Callable[[int], None] | None = None) -> int:
        """Sends all; returns how many. Holds 5 MiB of them at a time; `on_sent` is told the bytes of each call.

        `BadInput` for a record that Kinesis would not take: it and what follows are not sent. `Unavailable` when the
        stream refused for too long: what it took before stays there.
        """
        source, waiting, failed, total = map(_checked, records), list[StreamRecord](), 0, 0
        while _fill(waiting, source):
            sent = self._send_heads(waiting)
            failed = 0 if sent else failed + 1
            total += len(sent)
            if on_sent and sent:
                on_sent(sum(waiting[index].size for index in sent))
            refused = len(_heads(waiting)) - len(sent)
            waiting = [record for index, record in enumerate(waiting) if index not in sent]
            if refused and not self._backoff.pause(max(failed, 1)):
                raise self._refused(refused, total)
        return total

    def put_one(self, record: StreamRecord) -> tuple[str, str]:
        """Sends one; returns its shard and sequence number."""
        checked = _checked(record)
        with translated("kinesis:PutRecord", self._stream):
            answer = self._client.put_record(StreamName=self._stream, PartitionKey=checked.key, Data=checked.data)
        return answer["ShardId"], answer["SequenceNumber"]

    def _send_heads(self, waiting: Sequence[StreamRecord]) -> set[int]:
        """Sends the first waiting record of every key; returns the places of those that arrived."""
        heads = _heads(waiting)
        with translated("kinesis:PutRecords", self._stream):
            answer = self._client.put_records(
                StreamName=self._stream,
                Records=[{"PartitionKey": waiting[place].key, "Data": waiting[place].data} for place in heads],
            )
        return {place for place, result in zip(heads, answer["Records"], strict=True) if not result.get("ErrorCode")}

    def _refused(self, refused: int, sent: int) -> Unavailable:
        message = f"The stream {self._stream} refused {refused} records again and again; {sent} were taken before."
        return Unavailable("stream_refused", message, hint="Try again later, or give it more shards.")


class StreamReader:
    """Reads records of one stream again."""

    def __init__(self, client: KinesisClient, stream: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._stream = stream
        self._sleep = sleep

    def between(self, shard: str, first: str, last: str) -> Iterator[StreamRecord]:
        """The records from sequence number `first` to `last`; `NotFound("records_expired")` if the first is gone."""
        found = False
        for position, record in self._from(shard, first):
            if int(position) > int(last) or not (found or position == first):
                break
            found = True
            yield record
            if position == last:
                break
        if not found:
            message = f"The records from {first} are no longer on {self._stream}."
            raise NotFound("records_expired", message, hint="Submit what they carried again.", shard=shard)

    def _from(self, shard: str, first: str) -> Iterator[tuple[str, StreamRecord]]:
        with translated("kinesis:GetShardIterator", self._stream):
            iterator = self._client.get_shard_iterator(
                StreamName=self._stream,
                ShardId=shard,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=first,
            )["ShardIterator"]
        for _ in range(_PAGES):
            page = self._page(iterator)
            for record in page["Records"]:
                yield record["SequenceNumber"], StreamRecord(record["PartitionKey"], record["Data"])
            following = page.get("NextShardIterator", "")
            if not following or (not page["Records"] and page["MillisBehindLatest"] == 0):
                return
            iterator = following
            self._sleep(_BETWEEN_PAGES)

    def _page(self, iterator: str) -> GetRecordsOutputTypeDef:
        with translated("kinesis:GetRecords", self._stream):
            return self._client.get_records(ShardIterator=iterator, Limit=_PAGE)


class KinesisStreams:
    """The streams of one deployment, by their resource type in the topology."""

    def __init__(self, client: KinesisClient, suffix: str) -> None:
        self._client = client
        self._suffix = suffix

    def put(self, stream: str, records: Iterable[tuple[str, bytes]]) -> int:
        return self.publisher(stream).put(StreamRecord(key, data) for key, data in records)

    def between(self, stream: str, shard: str, first: str, last: str) -> Iterator[StreamRecord]:
        return StreamReader(self._client, resource_name(stream, self._suffix)).between(shard, first, last)

    def publisher(self, stream: str) -> StreamPublisher:
        return StreamPublisher(self._client, resource_name(stream, self._suffix))


def _checked(record: StreamRecord) -> StreamRecord:
    if not 1 <= len(record.key) <= KEY_CHARS:
        message = f"A partition key has 1 to {KEY_CHARS} characters, not {len(record.key)}."
        raise BadInput("partition_key_wrong", message)
    if record.size > LIMITS.segment_bytes:
        message = f"A record of {record.size} bytes does not fit: Kinesis takes {LIMITS.segment_bytes} with its key."
        raise BadInput("record_too_large", message, hint="Put the content in S3 and send its address.")
    return record


def _fill(waiting: list[StreamRecord], source: Iterator[StreamRecord]) -> bool:
    """Takes from `source` while another record of any size would fit into one call. False when nothing is waiting."""
    size = sum(record.size for record in waiting)
    while len(waiting) < RECORDS_PER_CALL and size <= BYTES_PER_CALL - LIMITS.segment_bytes:
        record = next(source, None)
        if record is None:
            break
        waiting.append(record)
        size += record.size
    return bool(waiting)


def _heads(waiting: Sequence[StreamRecord]) -> list[int]:
    """The places of the first record of every key."""
    first: dict[str, int] = {}
    for place, record in enumerate(waiting):
        first.setdefault(record.key, place)
    return list(first.values())

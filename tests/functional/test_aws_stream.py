"""Putting records: none lost, each key in order, nothing sent that can't arrive; and reading a stretch again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import EmulatedAws
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.retry import Backoff
from video_pipeline.aws.stream import BYTES_PER_CALL, KinesisStreams, StreamPublisher, StreamRecord
from video_pipeline.errors import BadInput, Misconfigured, NotFound, Unavailable
from video_pipeline.topology import INGESTION, LIMITS

STREAM = "ingestion-stream-test"
QUICK = Backoff(tries=5, sleep=lambda _: None)


class FlakyKinesis:
    """Takes each record with a chance of one half, as a throttled shard does; remembers what arrived in which call."""

    def __init__(self, *, chance: float = 0.5, seed: int = 7) -> None:
        self.calls: list[list[StreamRecord]] = []
        self.arrived: list[StreamRecord] = []
        self._chance = chance
        self._random = random.Random(seed)

    def put_records(self, **request: Any) -> dict[str, Any]:
        assert request["StreamName"] == STREAM
        records = [StreamRecord(each["PartitionKey"], each["Data"]) for each in request["Records"]]
        self.calls.append(records)
        return {"Records": [self._result(record) for record in records]}

    def _result(self, record: StreamRecord) -> dict[str, str]:
        if self._random.random() >= self._chance:
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
        self.arrived.append(record)
        return {"SequenceNumber": str(len(self.arrived)), "ShardId": "shardId-000000000000"}


def publisher(client: Any, backoff: Backoff = QUICK) -> StreamPublisher:
    return StreamPublisher(client, STREAM, backoff=backoff)


def numbered(count: int, keys: int) -> list[StreamRecord]:
    return [StreamRecord(f"video-{n % keys}", str(n).encode()) for n in range(count)]


class TestPutting:
    @pytest.mark.parametrize("keys", [1, 3, 400])
    def test_refused_records_are_sent_again_each_key_in_order_none_lost_none_doubled(self, keys: int) -> None:
        flaky = FlakyKinesis()
        records = numbered(700, keys)
        assert publisher(flaky, Backoff(tries=30, sleep=lambda _: None)).put(records) == 700
        assert sorted(flaky.arrived) == sorted(records)
        for key in {record.key for record in records}:
            arrived = [int(record.data) for record in flaky.arrived if record.key == key]
            assert arrived == sorted(arrived)

    def test_a_call_never_holds_two_records_of_a_key_because_the_first_might_be_refused(self) -> None:
        flaky = FlakyKinesis(chance=1)
        publisher(flaky).put(numbered(40, 4))
        assert all(len({record.key for record in call}) == len(call) for call in flaky.calls)

    def test_equal_records_are_all_sent(self) -> None:
        flaky = FlakyKinesis()
        assert publisher(flaky).put([StreamRecord("k", b"same")] * 3) == 3
        assert len(flaky.arrived) == 3

    def test_calls_stay_within_five_hundred_records_and_five_mebibytes(self) -> None:
        flaky = FlakyKinesis(chance=1)
        large = LIMITS.segment_bytes - 10
        publisher(flaky).put(
            [StreamRecord(f"s{n}", b"x" * 10) for n in range(1_200)]
            + [StreamRecord(f"l{n}", b"x" * large) for n in range(12)]
        )
        assert max(len(call) for call in flaky.calls) == 500
        assert max(sum(record.size for record in call) for call in flaky.calls) <= BYTES_PER_CALL
        assert len(flaky.arrived) == 1_212

    def test_records_are_taken_from_their_source_only_as_fast_as_they_are_sent(self) -> None:
        flaky = FlakyKinesis(chance=1)
        ahead = []

        def source() -> Iterator[StreamRecord]:
            for n in range(50):
                ahead.append(n - len(flaky.arrived))
                yield StreamRecord(f"segment-{n}", b"x" * (1_000_000))

        publisher(flaky).put(source())
        assert max(ahead) <= 5

    def test_the_progress_told_adds_up_to_all_bytes(self) -> None:
        told: list[int] = []
        records = numbered(300, 50)
        publisher(FlakyKinesis()).put(records, on_sent=told.append)
        assert sum(told) == sum(record.size for record in records)

    def test_a_stream_that_refuses_everything_is_unavailable_after_a_few_pauses(self) -> None:
        pauses: list[float] = []
        flaky = FlakyKinesis(chance=0)
        with pytest.raises(Unavailable) as caught:
            publisher(flaky, Backoff(tries=4, base=1, cap=2, sleep=pauses.append)).put(numbered(3, 3))
        assert caught.value.code == "stream_refused"
        assert len(flaky.calls) == 4
        assert len(pauses) == 3
        assert all(pause <= limit for pause, limit in zip(pauses, (1, 2, 2), strict=True))

    @pytest.mark.parametrize(
        ("record", "code"),
        [
            (StreamRecord("k", b"x" * LIMITS.segment_bytes), "record_too_large"),
            (StreamRecord("ä" * 200, b"x" * (LIMITS.segment_bytes - 399)), "record_too_large"),
            (StreamRecord("", b"x"), "partition_key_wrong"),
            (StreamRecord("k" * 257, b"x"), "partition_key_wrong"),
        ],
    )
    def test_what_kinesis_would_not_take_is_refused_before_it_is_sent(self, record: StreamRecord, code: str) -> None:
        flaky = FlakyKinesis(chance=1)
        with pytest.raises(BadInput) as caught:
            publisher(flaky).put([record])
        assert caught.value.code == code
        assert flaky.calls == []

    def test_the_largest_record_is_taken(self) -> None:
        flaky = FlakyKinesis(chance=1)
        assert publisher(flaky).put([StreamRecord("k", b"x" * (LIMITS.segment_bytes - 1))]) == 1

    def test_nothing_to_send_is_no_call(self) -> None:
        flaky = FlakyKinesis()
        assert publisher(flaky).put([]) == 0
        assert flaky.calls == []


@pytest.fixture
def streams(aws: EmulatedAws) -> KinesisStreams:
    return KinesisStreams(aws.clients.kinesis, aws.suffix)


class TestReadingAgain:
    def test_the_records_between_two_positions_come_back_with_their_keys(self, streams: KinesisStreams) -> None:
        publisher = streams.publisher(INGESTION.name)
        places = [publisher.put_one(StreamRecord(f"k{n}", bytes([n]))) for n in range(6)]
        shard, first = places[1]
        again = list(streams.between(INGESTION.name, shard, first, places[4][1]))
        assert again == [StreamRecord(f"k{n}", bytes([n])) for n in range(1, 5)]

    def test_one_record_is_a_stretch_too(self, streams: KinesisStreams) -> None:
        shard, position = streams.publisher(INGESTION.name).put_one(StreamRecord("k", b"\x00\xff"))
        assert list(streams.between(INGESTION.name, shard, position, position)) == [StreamRecord("k", b"\x00\xff")]

    def test_records_that_are_gone_are_reported_before_anything_is_read(
        self, aws: EmulatedAws, streams: KinesisStreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        places = [streams.publisher(INGESTION.name).put_one(StreamRecord("k", bytes([n]))) for n in range(4)]
        oldest_left = aws.clients.kinesis.get_shard_iterator(
            StreamName=aws.name(INGESTION.name),
            ShardId=places[0][0],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=places[2][1],
        )
        # As Kinesis does for a position before its oldest record.
        monkeypatch.setattr(aws.clients.kinesis, "get_shard_iterator", lambda **_: oldest_left)
        with pytest.raises(NotFound) as caught:
            list(streams.between(INGESTION.name, places[0][0], places[0][1], places[3][1]))
        assert caught.value.code == "records_expired"

    def test_an_empty_stream_has_nothing_left_either(self, streams: KinesisStreams) -> None:
        with pytest.raises(NotFound) as caught:
            list(streams.between(INGESTION.name, "shardId-000000000000", "1", "1"))
        assert caught.value.code == "records_expired"

    def test_putting_by_resource_type_reaches_the_stream_of_the_suffix(self, streams: KinesisStreams) -> None:
        assert streams.put(INGESTION.name, [("a", b"1"), ("a", b"2")]) == 2
        assert [data for _, data in streams.between(INGESTION.name, "shardId-000000000000", "1", "2")] == [b"1", b"2"]

    def test_a_stream_that_is_not_deployed_is_named(self, aws_clients: Clients) -> None:
        with pytest.raises(Misconfigured, match="ingestion-stream-nowhere") as caught:
            KinesisStreams(aws_clients.kinesis, "nowhere").put(INGESTION.name, [("a", b"1")])
        assert caught.value.code == "resource_missing"

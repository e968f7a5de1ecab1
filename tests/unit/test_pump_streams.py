"""What a shard is read into: batches of wanted records, and a checkpoint that never runs ahead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.pump import delivery, streams
from local.pump.answers import Answer
from local.pump.checkpoints import Checkpoints
from local.pump.mapping import Mapping
from local.pump.stopping import Stop, Stopped

SOURCE = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
SHARD = "shardId-000000000000"


class FakeKinesis:
    """One shard, all of whose records are there from the start; stops the pump when they have been read."""

    def __init__(self, contents: Sequence[bytes], stop: Stop, page: int = 100) -> None:
        self.contents = contents
        self.stop = stop
        self.page = page
        self.positions: list[dict[str, Any]] = []

    def get_shard_iterator(self, **request: Any) -> dict[str, str]:
        self.positions.append(request)
        return {"ShardIterator": request.get("StartingSequenceNumber", "0")}

    def get_records(self, **request: Any) -> dict[str, Any]:
        first = int(request["ShardIterator"])
        found = self.contents[first : first + min(request["Limit"], self.page)]
        if not found:
            self.stop.set()
        records = [
            {
                "SequenceNumber": str(first + number),
                "PartitionKey": "key",
                "Data": content,
                "ApproximateArrivalTimestamp": datetime.fromtimestamp(0, UTC),
            }
            for number, content in enumerate(found, start=1)
        ]
        return {"Records": records, "NextShardIterator": str(first + len(found))}


class Harness:
    """A shard's pump on a fake stream."""

    def __init__(self, folder: Path, contents: Sequence[bytes], *, page: int = 100, **changes: Any) -> None:
        self.stop = Stop()
        self.kinesis = FakeKinesis(contents, self.stop, page)
        self.mapping = Mapping(SOURCE, "f", **{"batch_size": 3, "max_retries": 0, "reports_failures": True, **changes})
        self.checkpoints = Checkpoints(folder / "checkpoints.sqlite3")
        self.events: list[list[dict[str, Any]]] = []
        self.letters: list[tuple[str, dict[str, Any]]] = []
        self.fail: set[str] = set()

    def run(self) -> None:
        pump: Any = streams.ShardPump(
            self.mapping,
            SHARD,
            kinesis=self.kinesis,
            invoke=self.invoke,
            send=lambda queue, text: self.letters.append((queue, json.loads(text))),
            checkpoints=self.checkpoints,
            stop=self.stop,
            since=0.0,
        )
        pump.run()

    def invoke(self, _: str, event: dict[str, Any]) -> Answer:
        self.events.append(event["Records"])
        sequences = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        return Answer(payload={"batchItemFailures": [{"itemIdentifier": s} for s in sequences if s in self.fail]})

    @property
    def batches(self) -> list[list[int]]:
        return [[int(record["kinesis"]["sequenceNumber"]) for record in event] for event in self.events]

    @property
    def position(self) -> str | None:
        return self.checkpoints.get(self.mapping.key, SHARD)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SHORT_WAIT", 0.0)
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.0)


def test_records_come_in_order_in_batches_of_the_mappings_size(tmp_path: Path) -> None:
    harness = Harness(tmp_path, [b"{}"] * 6, page=2, batch_window=60)
    harness.run()
    assert harness.batches == [[1, 2, 3], [4, 5, 6]]
    assert harness.position == "6"


def test_without_a_window_a_batch_does_not_wait_for_more(tmp_path: Path) -> None:
    harness = Harness(tmp_path, [b"{}"] * 5, page=2)
    harness.run()
    assert harness.batches == [[1, 2], [3, 4], [5]]


def test_unwanted_records_are_passed_over_and_not_looked_at_again(tmp_path: Path) -> None:
    contents = [b'{"t": "a"}', b'{"t": "b"}', b"no json", b'{"t": "a"}', b'{"t": "b"}']
    harness = Harness(tmp_path, contents, filters=({"data": {"t": ["a"]}},))
    harness.run()
    assert harness.batches == [[1, 4]]
    again = Harness(tmp_path, contents, filters=({"data": {"t": ["a"]}},))
    again.run()
    assert again.batches == []
    assert again.position == "5"


def test_a_batch_never_grows_beyond_what_a_function_takes(tmp_path: Path) -> None:
    big = b"x" * 1024 * 1024
    harness = Harness(tmp_path, [big] * 9, batch_size=100)
    harness.run()
    assert [len(batch) for batch in harness.batches] == [4, 4, 1]
    assert max(len(json.dumps({"Records": event})) for event in harness.events) <= streams.PAYLOAD_BYTES


def test_a_new_mapping_starts_at_its_starting_position(tmp_path: Path) -> None:
    harness = Harness(tmp_path, [], starting_position="LATEST")
    harness.run()
    assert harness.kinesis.positions[0]["ShardIteratorType"] == "LATEST"


def test_a_restarted_pump_goes_on_after_the_last_settled_record(tmp_path: Path) -> None:
    first = Harness(tmp_path, [b"{}"] * 3)
    first.run()
    second = Harness(tmp_path, [b"{}"] * 5)
    second.run()
    assert second.kinesis.positions[0] == {
        "StreamName": "s",
        "ShardId": SHARD,
        "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
        "StartingSequenceNumber": "3",
    }
    assert second.batches == [[4, 5]]


def test_a_record_that_is_given_up_is_described_as_lambda_describes_it(tmp_path: Path) -> None:
    harness = Harness(tmp_path, [b"{}", b"{}"], destination="arn:aws:sqs:us-east-1:1:dlq", bisect_on_error=True)
    harness.fail = {"2"}
    harness.run()
    [(queue, letter)] = harness.letters
    assert queue == "arn:aws:sqs:us-east-1:1:dlq"
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["requestContext"]["approximateInvokeCount"] == 1
    assert letter["requestContext"]["functionArn"].endswith(":function:f")
    assert letter["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert letter["version"] == "1.0"
    assert letter["KinesisBatchInfo"] == {
        "shardId": SHARD,
        "startSequenceNumber": "2",
        "endSequenceNumber": "2",
        "approximateArrivalOfFirstRecord": "1970-01-01T00:00:00.000Z",
        "approximateArrivalOfLastRecord": "1970-01-01T00:00:00.000Z",
        "batchSize": 1,
        "streamArn": SOURCE,
    }
    assert harness.position == "2"


def test_while_the_destination_is_away_nothing_is_settled(tmp_path: Path) -> None:
    harness = Harness(tmp_path, [b"{}"], destination="arn:aws:sqs:us-east-1:1:dlq")
    harness.fail = {"1"}

    def away() -> None:
        harness.stop.set()
        raise Stopped

    pump: Any = streams.ShardPump(
        harness.mapping,
        SHARD,
        kinesis=harness.kinesis,
        invoke=harness.invoke,
        send=lambda *_: away(),
        checkpoints=harness.checkpoints,
        stop=harness.stop,
        since=0.0,
    )
    pump.run()
    assert harness.position is None


@settings(max_examples=30)
@given(
    wanted=st.lists(st.booleans(), max_size=30),
    size=st.integers(1, 7),
    page=st.integers(1, 9),
    bad=st.sets(st.integers(1, 30), max_size=4),
)
def test_every_wanted_record_reaches_the_function_once_in_order_or_the_destination(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[bool], size: int, page: int, bad: set[int]
) -> None:
    contents = [b'{"t": 1}' if want else b'{"t": 2}' for want in wanted]
    harness = Harness(
        tmp_path_factory.mktemp("shard"),
        contents,
        page=page,
        batch_size=size,
        bisect_on_error=True,
        filters=({"data": {"t": [1]}},),
        destination="arn:aws:sqs:us-east-1:1:dlq",
    )
    harness.fail = {str(number) for number in bad}
    harness.run()
    expected = [number for number, want in enumerate(wanted, start=1) if want]
    given_up = [int(letter["KinesisBatchInfo"]["startSequenceNumber"]) for _, letter in harness.letters]
    firsts = list(dict.fromkeys(number for batch in harness.batches for number in batch))
    assert firsts == expected
    assert given_up == [number for number in expected if number in bad]
    harness.checkpoints.close()

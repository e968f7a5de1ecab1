"""The pump between a real (emulated) Kinesis and SQS and real function processes."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import sqlite3
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import resources
from local.environment import variables
from local.pump import delivery
from local.pump.checkpoints import Checkpoints
from local.pump.mapping import Mapping
from local.pump.pool import Functions, FunctionSpec
from local.pump.pump import Pump
from video_pipeline.topology import QueueConsumer, StreamConsumer

REGION = "us-east-1"

HANDLER = '''
import base64, json, os, pathlib, time

def handler(event, context):
    """Fails for records that say so, and writes down everything that it was given."""
    failures = []
    with open(os.environ["TOY_LOG"], "a") as log:
        log.write(json.dumps({"function": context.function_name, "event": event}) + "\\n")
    for record in event.get("Records", []):
        kinesis = "kinesis" in record
        text = base64.b64decode(record["kinesis"]["data"]).decode() if kinesis else record["body"]
        if "timeout" in text:
            time.sleep(60)
        if "crash" in text and not pathlib.Path(os.environ["TOY_LOG"] + ".crashed").exists():
            pathlib.Path(os.environ["TOY_LOG"] + ".crashed").touch()
            os._exit(1)
        if "poison" in text:
            failures.append(record["kinesis"]["sequenceNumber"] if kinesis else record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}
'''


@dataclass(frozen=True)
class Toys:
    """Streams and queues of a running server, and the patience to wait for what comes of them."""

    aws: Any
    eventually: Callable[..., bool]

    def stream(self, name: str, shards: int = 1) -> str:
        self.aws.kinesis.create_stream(StreamName=name, ShardCount=shards)
        return f"arn:aws:kinesis:{REGION}:{resources.ACCOUNT}:stream/{name}"

    def queue(self, name: str, **attributes: str) -> str:
        self.aws.sqs.create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:{REGION}:{resources.ACCOUNT}:{name}"

    def put(self, stream: str, *contents: str, key: str = "k") -> None:
        for content in contents:
            self.aws.kinesis.put_record(StreamName=stream, Data=content.encode(), PartitionKey=key)

    def send(self, queue: str, *bodies: str) -> None:
        for body in bodies:
            self.aws.sqs.send_message(QueueUrl=self.aws.queue(queue), MessageBody=body)

    def bodies(self, queue: str) -> list[str]:
        """Waits until something is in the queue, and takes it out."""
        found: list[str] = []

        def look() -> list[str]:
            found.extend(message["Body"] for message in self.aws.receive(queue))
            return found

        assert self.eventually(look)
        return found


@pytest.fixture(scope="module")
def toys(aws: Any, eventually: Callable[..., bool]) -> Toys:
    return Toys(aws, eventually)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.01)


class Harness:
    """A pump with one toy function, and what that function was given."""

    def __init__(self, url: str, folder: Path, *mappings: Mapping, schedules: dict[str, float] | None = None) -> None:
        self.log = folder / "log"
        (folder / "toy_records.py").write_text(HANDLER)
        user = {**os.environ, "PYTHONPATH": str(folder), "TOY_LOG": str(self.log)}
        own = variables(user, region=REGION, suffix="test", aws_url=url, api_url="")
        self.checkpoints = Checkpoints(folder / "checkpoints.sqlite3")
        specs = {"toy": FunctionSpec("toy", "toy_records", timeout=1.5, memory=128)}
        self.pump = Pump(
            mappings,
            schedules or {},
            endpoint=url,
            region=REGION,
            functions=Functions(specs, own, folder / "logs", REGION),
            checkpoints=self.checkpoints,
        )
        self.pump.start()

    def __enter__(self) -> Harness:
        return self

    def __exit__(self, *_: object) -> None:
        self.pump.stop(grace=5)

    def events(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines()]

    def records(self) -> list[dict[str, Any]]:
        return [record for event in self.events() for record in event.get("Records", [])]

    def texts(self) -> list[str]:
        """What the function has seen, without repetitions."""
        texts = [
            base64.b64decode(record["kinesis"]["data"]).decode() if "kinesis" in record else record["body"]
            for record in self.records()
        ]
        return list(dict.fromkeys(texts))


def test_records_reach_the_function_in_order_and_in_lambdas_shape(toys: Toys, tmp_path: Path) -> None:
    mapping = Mapping(toys.stream("in-order"), "toy", batch_size=10, reports_failures=True)
    expected = [f"record {number}" for number in range(25)]
    toys.put("in-order", *expected[:20])
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        toys.put("in-order", *expected[20:])
        assert toys.eventually(lambda: len(harness.texts()) == 25)
    assert harness.texts() == expected
    record = harness.records()[0]
    sequence = record["kinesis"].pop("sequenceNumber")
    assert time.time() - record["kinesis"].pop("approximateArrivalTimestamp") < 600
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "data": base64.b64encode(b"record 0").decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/toy",
        "awsRegion": "us-east-1",
        "eventSourceARN": mapping.source,
    }


def test_a_poison_record_lands_in_the_dead_letter_queue_and_the_others_go_through(toys: Toys, tmp_path: Path) -> None:
    destination = toys.queue("poison-dlq")
    mapping = Mapping(
        toys.stream("poisoned"),
        "toy",
        batch_size=10,
        reports_failures=True,
        bisect_on_error=True,
        max_retries=1,
        destination=destination,
    )
    toys.put("poisoned", "a", "b", "poison", "c", "d")
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        [letter] = map(json.loads, toys.bodies("poison-dlq"))
        toys.put("poisoned", "e")
        assert toys.eventually(lambda: "e" in harness.texts())
    position = letter["KinesisBatchInfo"]["startSequenceNumber"]
    [poison] = {r["kinesis"]["sequenceNumber"] for r in harness.records() if "cG9pc29u" in r["kinesis"]["data"]}
    assert (position, letter["KinesisBatchInfo"]["batchSize"]) == (poison, 1)
    assert harness.texts() == ["a", "b", "poison", "c", "d", "e"]


def test_a_restarted_pump_repeats_nothing_that_was_settled(toys: Toys, tmp_path: Path) -> None:
    mapping = Mapping(toys.stream("restarted"), "toy", batch_size=10, reports_failures=True)
    with Harness(toys.aws.url, tmp_path, mapping) as first:
        toys.put("restarted", "one")
        settled = Checkpoints(tmp_path / "checkpoints.sqlite3")
        assert toys.eventually(lambda: settled.get(mapping.key, "shardId-000000000000") is not None)
    toys.put("restarted", "two")
    with Harness(toys.aws.url, tmp_path, mapping) as second:
        assert toys.eventually(lambda: len(second.records()) == 2)
    assert first.texts() == second.texts() == ["one", "two"]


def test_a_function_that_crashes_or_hangs_gets_its_records_again(toys: Toys, tmp_path: Path) -> None:
    destination = toys.queue("crash-dlq")
    mapping = Mapping(toys.stream("crashing"), "toy", batch_size=10, max_retries=1, destination=destination)
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        toys.put("crashing", "crash once")
        assert toys.eventually(lambda: len(harness.records()) >= 2)
        toys.put("crashing", "timeout", "fine")
        assert toys.eventually(lambda: "fine" in harness.texts())
        letters = toys.bodies("crash-dlq")
    assert json.loads(letters[0])["responseContext"]["functionError"] == "Unhandled"
    assert harness.texts()[0] == "crash once"


def test_each_shard_is_read_and_filtered(toys: Toys, tmp_path: Path) -> None:
    source = toys.stream("two-shards", shards=2)
    mapping = Mapping(source, "toy", batch_size=10, filters=({"data": {"type": ["wanted"]}},), reports_failures=True)
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        for number in range(8):
            toys.put("two-shards", json.dumps({"type": "wanted", "n": number}), key=f"key {number}")
            toys.put("two-shards", json.dumps({"type": "other"}), "no json", key=f"key {number}")
        assert toys.eventually(lambda: len(harness.texts()) == 8)
    assert {json.loads(text)["type"] for text in harness.texts()} == {"wanted"}
    assert len({record["eventID"].split(":")[0] for record in harness.records()}) == 2


def test_messages_are_deleted_when_done_and_become_dead_letters_when_not(toys: Toys, tmp_path: Path) -> None:
    dead = toys.queue("toy-dlq")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    source = toys.queue("toy-queue", VisibilityTimeout="1", RedrivePolicy=policy)
    mapping = Mapping(source, "toy", batch_size=10, reports_failures=True)
    toys.send("toy-queue", "good", "poison", "also good")
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        assert toys.bodies("toy-dlq") == ["poison"]
    seen = [record["body"] for record in harness.records()]
    assert (seen.count("good"), seen.count("also good"), seen.count("poison")) == (1, 1, 2)
    counts = [r["attributes"]["ApproximateReceiveCount"] for r in harness.records() if r["body"] == "poison"]
    assert counts == ["1", "2"]


def test_a_schedule_runs_its_function_again_and_again(toys: Toys, tmp_path: Path) -> None:
    with Harness(toys.aws.url, tmp_path, schedules={"toy": 0.1}) as harness:
        assert toys.eventually(lambda: len(harness.events()) >= 3)
    event = harness.events()[0]
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/toy"]


def test_a_broken_loop_ends_the_pump(toys: Toys, tmp_path: Path) -> None:
    """So that its supervisor starts it again: a mapping must not stop in silence."""
    mapping = Mapping(toys.stream("broken"), "toy", batch_size=10)
    with Harness(toys.aws.url, tmp_path, mapping) as harness:
        harness.checkpoints.close()
        toys.put("broken", "a")
        with pytest.raises(sqlite3.ProgrammingError):
            harness.pump.wait()


# ------------------------------------------------------------------------------------------ Lambda's API
@pytest.fixture(scope="module")
def deployed(toys: Toys) -> dict[str, Any]:
    """Functions and mappings as a deployment makes them."""
    role = toys.aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): raise SystemExit")
    for unit in ("ingest", "chunking"):
        toys.aws.functions.create_function(
            FunctionName=f"{unit}-test",
            Runtime="python3.11",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": code.getvalue()},
        )
    return {"role": role}


@pytest.mark.usefixtures("deployed")
def test_a_mapping_reads_the_same_from_lambdas_api_as_from_the_topology(toys: Toys) -> None:
    stream = StreamConsumer("chunking", "pipeline-stream", "chunking-dlq", ("transcript.ready",), batch_size=7)
    queue = QueueConsumer("ingest", "uploads-queue", batch_size=5, max_concurrency=3)
    expected = [Mapping.of_stream(stream, REGION, "test"), Mapping.of_queue(queue, REGION, "test")]
    toys.aws.functions.create_event_source_mapping(
        EventSourceArn=expected[0].source,
        FunctionName="chunking-test",
        StartingPosition="TRIM_HORIZON",
        BatchSize=7,
        MaximumBatchingWindowInSeconds=1,
        ParallelizationFactor=1,
        MaximumRetryAttempts=5,
        MaximumRecordAgeInSeconds=3600,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": expected[0].destination}},
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)} for pattern in stream.filter_patterns]},
    )
    toys.aws.functions.create_event_source_mapping(
        EventSourceArn=expected[1].source,
        FunctionName="ingest-test",
        BatchSize=5,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 3},
    )
    listed = toys.aws.functions.list_event_source_mappings()["EventSourceMappings"]
    assert [dataclasses.replace(Mapping.from_api(each), uuid="") for each in listed] == expected


@pytest.mark.usefixtures("deployed")
def test_a_mapping_alone_makes_nothing_happen(toys: Toys) -> None:
    """moto would run the function inside `send_message` and count that as receives."""
    source = toys.queue("untouched")
    toys.aws.functions.create_event_source_mapping(EventSourceArn=source, FunctionName="ingest-test")
    toys.send("untouched", "m")
    [message] = toys.aws.receive("untouched")
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"

"""The mappings that the topology stands for."""

from __future__ import annotations

import pytest

from local.pump.mapping import UNLIMITED, Mapping, from_topology
from video_pipeline.topology import QUEUE_CONSUMERS, STREAM_CONSUMERS, QueueConsumer, StreamConsumer


def test_each_consumer_of_the_topology_has_its_mapping() -> None:
    mappings = from_topology("eu-west-1", "test")
    assert [mapping.service for mapping in mappings] == ["kinesis"] * len(STREAM_CONSUMERS) + ["sqs"] * len(
        QUEUE_CONSUMERS
    )
    assert len({mapping.key for mapping in mappings}) == len(mappings)
    assert {mapping.region for mapping in mappings} == {"eu-west-1"}
    assert all(mapping.function.endswith("-test") for mapping in mappings)


def test_a_stream_consumer_becomes_a_mapping_with_all_its_safeguards() -> None:
    consumer = StreamConsumer("chunking", "pipeline-stream", "chunking-dlq", ("transcript.ready",), max_retries=7)
    assert Mapping.of_stream(consumer, "us-east-1", "test") == Mapping(
        source="arn:aws:kinesis:us-east-1:123456789012:stream/pipeline-stream-test",
        function="chunking-test",
        batch_size=100,
        batch_window=1,
        filters=({"data": {"type": ["transcript.ready"]}},),
        reports_failures=True,
        max_retries=7,
        max_record_age=3600,
        bisect_on_error=True,
        destination="arn:aws:sqs:us-east-1:123456789012:chunking-dlq-test",
    )


def test_a_queue_consumer_becomes_a_mapping() -> None:
    mapping = Mapping.of_queue(QueueConsumer("ingest", "uploads-queue", max_concurrency=3), "us-east-1", "test")
    assert mapping.source == "arn:aws:sqs:us-east-1:123456789012:uploads-queue-test"
    assert (mapping.max_concurrency, mapping.reports_failures, mapping.batch_size) == (3, True, 10)


@pytest.mark.parametrize(("state", "enabled"), [("Enabled", True), ("Creating", True), ("Disabled", False)])
def test_the_least_that_lambda_says_is_enough(state: str, enabled: bool) -> None:
    answer = {
        "EventSourceArn": "arn:aws:kinesis:us-east-1:1:stream/s",
        "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f:live",
        "State": state,
    }
    mapping = Mapping.from_api(answer)
    assert (mapping.function, mapping.batch_size, mapping.enabled) == ("f", 100, enabled)
    assert (mapping.max_retries, mapping.max_record_age) == (UNLIMITED, UNLIMITED)


def test_a_retry_limit_of_nought_is_not_no_limit() -> None:
    answer = {
        "EventSourceArn": "arn:aws:kinesis:us-east-1:1:stream/s",
        "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f",
        "MaximumRetryAttempts": 0,
    }
    assert Mapping.from_api(answer).max_retries == 0


def test_a_mapping_that_lambda_names_is_known_by_that_name_and_begins_anew_with_it() -> None:
    answer = {
        "UUID": "one",
        "EventSourceArn": "arn:aws:kinesis:us-east-1:1:stream/s",
        "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f",
    }
    assert Mapping.from_api(answer).key == "one"
    assert Mapping.from_api(answer | {"UUID": "two"}).key == "two"
    assert Mapping.of_queue(QueueConsumer("ingest", "q"), "r", "test").key.startswith("ingest-test < ")

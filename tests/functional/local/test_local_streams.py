"""The emulated Kinesis and SQS keep what they acknowledged, through a kill -9, in order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from local import resources

MIB = 1024 * 1024
MEDIA = "media-bucket-test"
STREAM = "ingestion-stream-test"
QUEUE = "processing-queue-test"
PAGE = "http://127.0.0.1:5173"


@pytest.fixture(scope="module")
def survivor(new_aws: Callable[[], Any]) -> Any:
    """A server that was filled, killed with -9 and started again; and what it had answered before."""
    aws, before = new_aws(), SimpleNamespace()
    aws.start()
    _fill_kinesis(aws, before)
    _fill_sqs(aws, before)
    aws.restart()
    return SimpleNamespace(aws=aws, before=before)


def _fill_kinesis(aws: Any, before: Any) -> None:
    before.records = [
        aws.kinesis.put_record(StreamName=STREAM, Data=f"{n}".encode(), PartitionKey=f"key {n}") for n in range(3)
    ]
    answer = aws.kinesis.put_records(
        StreamName=STREAM, Records=[{"Data": bytes([0, 255, n]), "PartitionKey": "raw"} for n in range(5)]
    )
    before.records += answer["Records"]


def _fill_sqs(aws: Any, before: Any) -> None:
    url = aws.queue(QUEUE)
    attributes = {
        "text": {"DataType": "String", "StringValue": "ö"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    for body in ("waiting", "deleted", "received"):
        aws.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    before.messages = {message["Body"]: message for message in aws.receive(QUEUE, VisibilityTimeout=3600)}
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=before.messages["deleted"]["ReceiptHandle"])
    handle = before.messages["waiting"]["ReceiptHandle"]
    aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    aws.sqs.send_message(QueueUrl=aws.queue("ingest-dlq-test"), MessageBody="dead letter")
    _exhaust(aws, "transcription-queue-test")


def _exhaust(aws: Any, queue: str) -> None:
    """Receives a message until it moves to the dead-letter queue."""
    aws.sqs.send_message(QueueUrl=aws.queue(queue), MessageBody="poison")
    for _ in range(4):
        for message in aws.receive(queue):
            aws.sqs.change_message_visibility(
                QueueUrl=aws.queue(queue), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )


# ---------------------------------------------------------------------------------------------- Kinesis
def test_records_survive_in_order_with_their_sequence_numbers(survivor: Any) -> None:
    found = survivor.aws.records()[: len(survivor.before.records)]
    assert [record["SequenceNumber"] for record in found] == [r["SequenceNumber"] for r in survivor.before.records]
    assert [record["Data"] for record in found] == [b"0", b"1", b"2", *(bytes([0, 255, n]) for n in range(5))]
    assert found[1]["PartitionKey"] == "key 1"


def test_sequence_numbers_go_on_growing(survivor: Any) -> None:
    last = int(survivor.before.records[-1]["SequenceNumber"])
    new = survivor.aws.kinesis.put_record(StreamName=STREAM, Data=b"new", PartitionKey="k")["SequenceNumber"]
    assert int(new) > last
    after = survivor.aws.records(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=str(last))
    assert after[0]["SequenceNumber"] == new


def test_iterators_start_where_they_are_told(survivor: Any) -> None:
    aws, first = survivor.aws, survivor.before.records[0]["SequenceNumber"]
    at = aws.records(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=first)
    assert at[0]["SequenceNumber"] == first
    assert aws.records(ShardIteratorType="LATEST") == []
    arrived = at[2]["ApproximateArrivalTimestamp"]
    since = aws.records(ShardIteratorType="AT_TIMESTAMP", Timestamp=arrived)
    assert since[0]["SequenceNumber"] == at[2]["SequenceNumber"]


def test_a_page_is_never_larger_than_ten_mebibytes(survivor: Any) -> None:
    aws = survivor.aws
    for _ in range(12):
        aws.kinesis.put_record(StreamName="pipeline-stream-test", Data=b"x" * (MIB - 10), PartitionKey="k")
    assert len(aws.records("pipeline-stream-test")) == 10


def test_a_record_beyond_one_mebibyte_is_refused(survivor: Any) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        survivor.aws.kinesis.put_record(StreamName=STREAM, Data=b"x" * (MIB + 1), PartitionKey="k")


def test_a_read_may_wait_for_a_record(survivor: Any) -> None:
    aws = survivor.aws
    iterator = aws.kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="LATEST"
    )["ShardIterator"]
    patient: Any = resources.session("us-east-1").client("kinesis", endpoint_url=aws.url)
    patient.meta.events.register(
        "before-call.kinesis.GetRecords", lambda params, **_: params["headers"].update({"X-Local-Wait": "20"})
    )
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.get_records, ShardIterator=iterator)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        aws.kinesis.put_record(StreamName=STREAM, Data=b"at last", PartitionKey="k")
        assert [record["Data"] for record in waiting.result(timeout=10)["Records"]] == [b"at last"]


# -------------------------------------------------------------------------------------------------- SQS
def test_messages_survive_deleted_ones_do_not(survivor: Any) -> None:
    aws = survivor.aws
    [message] = aws.receive(QUEUE, VisibilityTimeout=0, MessageAttributeNames=["All"])
    assert message["Body"] == "waiting"
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\xff"
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"
    attributes = aws.sqs.get_queue_attributes(QueueUrl=aws.queue(QUEUE), AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_receipt_from_before_still_counts(survivor: Any) -> None:
    aws = survivor.aws
    handle = survivor.before.messages["received"]["ReceiptHandle"]
    aws.sqs.change_message_visibility(QueueUrl=aws.queue(QUEUE), ReceiptHandle=handle, VisibilityTimeout=3600)
    aws.sqs.delete_message(QueueUrl=aws.queue(QUEUE), ReceiptHandle=handle)


def test_dead_letters_survive(survivor: Any) -> None:
    assert [m["Body"] for m in survivor.aws.receive("ingest-dlq-test", VisibilityTimeout=0)] == ["dead letter"]
    assert [m["Body"] for m in survivor.aws.receive("transcription-dlq-test", VisibilityTimeout=0)] == ["poison"]
    assert survivor.aws.receive("transcription-queue-test") == []


def test_a_client_that_hung_up_is_not_handed_a_message(survivor: Any) -> None:
    aws = survivor.aws
    url = aws.queue("chunking-dlq-test")
    impatient: Any = resources.session("us-east-1").client(
        "sqs", endpoint_url=aws.url, config=Config(read_timeout=0.3, retries={"max_attempts": 0})
    )
    with pytest.raises(HTTPClientError):
        impatient.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    aws.sqs.send_message(QueueUrl=url, MessageBody="for someone else")
    [message] = aws.receive("chunking-dlq-test", WaitTimeSeconds=5)
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_concurrent_receivers_never_get_the_same_message(survivor: Any) -> None:
    aws, name = survivor.aws, "embedding-dlq-test"
    url = aws.queue(name)
    for number in range(30):
        aws.sqs.send_message(QueueUrl=url, MessageBody=str(number))

    def take(_: int) -> list[str]:
        messages = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3, VisibilityTimeout=600)
        return [message["Body"] for message in messages.get("Messages", [])]

    with ThreadPoolExecutor(10) as pool:
        taken = [body for bodies in pool.map(take, range(12)) for body in bodies]
    assert sorted(taken, key=int) == [str(number) for number in range(30)]

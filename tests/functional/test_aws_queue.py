"""SqsQueue and Publisher keep what their ports promise, against moto."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import EmulatedAws
from video_pipeline.aws.publisher import Publisher
from video_pipeline.aws.queue import SqsQueue
from video_pipeline.aws.retry import Backoff
from video_pipeline.aws.secrets import KEPT_SECONDS, secret_value
from video_pipeline.aws.stream import KinesisStreams
from video_pipeline.errors import BadInput, Conflict, Misconfigured, Unavailable
from video_pipeline.model import Message
from video_pipeline.topology import INGESTION, LIMITS, PIPELINE, PROCESSING, UPLOADS

QUICK = Backoff(tries=4, sleep=lambda _: None)


@pytest.fixture
def queue(aws: EmulatedAws) -> SqsQueue:
    return aws.queue(PROCESSING.name)


class TestQueue:
    def test_a_message_arrives_with_its_attributes_and_is_gone_once_deleted(self, queue: SqsQueue) -> None:
        queue.send("hello ä", attributes={"redrive": "true"})
        [message] = queue.receive(most=10, wait=0)
        assert message.body == "hello ä"
        assert message.attributes["redrive"] == "true"
        assert int(message.attributes["SentTimestamp"]) > 0
        assert message.receives == 1
        queue.delete(message)
        assert queue.depth() == {"visible": 0, "in_flight": 0, "delayed": 0}

    def test_a_received_message_is_hidden_and_comes_back_when_released(self, queue: SqsQueue) -> None:
        queue.send("x")
        [message] = queue.receive(wait=0, visibility=600)
        assert queue.receive(wait=0) == []
        assert queue.depth() == {"visible": 0, "in_flight": 1, "delayed": 0}
        queue.extend(message, 0)
        [again] = queue.receive(wait=0)
        assert (again.id, again.receives) == (message.id, 2)

    def test_extending_what_another_has_taken_over_is_a_conflict(self, queue: SqsQueue) -> None:
        queue.send("x")
        [message] = queue.receive(wait=0)
        queue.delete(message)
        with pytest.raises(Conflict) as caught:
            queue.extend(message, 60)
        assert caught.value.code == "receipt_gone"

    def test_deleting_twice_is_no_error(self, queue: SqsQueue) -> None:
        queue.send("x")
        [message] = queue.receive(wait=0)
        queue.delete(message)
        queue.delete(message)
        assert queue.depth()["visible"] == 0

    def test_a_queue_that_is_not_deployed_is_named(self, aws: EmulatedAws) -> None:
        with pytest.raises(Misconfigured, match="other-queue") as caught:
            SqsQueue(aws.clients.sqs, "other-queue").receive(wait=0)
        assert caught.value.code == "resource_missing"

    def test_a_message_that_sqs_would_not_take_is_refused_before_it_is_sent(self, queue: SqsQueue) -> None:
        with pytest.raises(BadInput) as caught:
            queue.send("ä" * (LIMITS.event_bytes // 2 + 1))
        assert caught.value.code == "message_too_large"
        assert queue.depth()["visible"] == 0

    def test_many_messages_all_arrive_whatever_their_size(self, queue: SqsQueue) -> None:
        bodies = [f"{n}:" + "x" * (100_000 if n % 5 == 0 else 10) for n in range(33)]
        queue.send_all(bodies)
        received: list[str] = []
        while messages := queue.receive(most=10, wait=0, visibility=600):
            received += [message.body for message in messages]
        assert sorted(received) == sorted(bodies)

    def test_messages_refused_in_part_are_sent_again_and_only_those(self) -> None:
        client = _RefusingSqs(refuse_first=2)
        SqsQueue(client, "q", backoff=QUICK).send_all([f"m{n}" for n in range(5)])
        assert client.batches == [["m0", "m1", "m2", "m3", "m4"], ["m0", "m1"]]

    def test_a_queue_that_refuses_everything_is_unavailable(self) -> None:
        client = _RefusingSqs(refuse_first=10, forever=True)
        with pytest.raises(Unavailable) as caught:
            SqsQueue(client, "q", backoff=QUICK).send_all(["m"])
        assert caught.value.code == "queue_refused"
        assert len(client.batches) == 4


class _RefusingSqs:
    def __init__(self, *, refuse_first: int, forever: bool = False) -> None:
        self.batches: list[list[str]] = []
        self._refuse_first = refuse_first
        self._forever = forever

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "http://queue"}

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self.batches.append([entry["MessageBody"] for entry in entries])
        refuse = self._refuse_first if self._forever or len(self.batches) == 1 else 0
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in entries[:refuse]]}


class TestPublisher:
    def test_messages_go_to_the_stream_or_queue_they_name_in_order_for_each_key(self, aws: EmulatedAws) -> None:
        messages = [
            Message(destination=PIPELINE.name, key="v1", body="first"),
            Message(destination=PROCESSING.name, key="v1", body=json.dumps({"job_id": "1"})),
            Message(destination=PIPELINE.name, key="v2", body="other"),
            Message(destination=PIPELINE.name, key="v1", body="second"),
            Message(destination=INGESTION.name, key="v1", body="ä"),
        ]
        Publisher(aws.clients.kinesis, aws.clients.sqs, aws.suffix).publish(messages)
        streams = KinesisStreams(aws.clients.kinesis, aws.suffix)
        pipeline = list(streams.between(PIPELINE.name, "shardId-000000000000", "1", "3"))
        assert [record.data for record in pipeline if record.key == "v1"] == [b"first", b"second"]
        assert ("v2", b"other") in pipeline
        assert list(streams.between(INGESTION.name, "shardId-000000000000", "1", "1")) == [("v1", "ä".encode())]
        [queued] = aws.queue(PROCESSING.name).receive(wait=0)
        assert queued.body == '{"job_id": "1"}'

    def test_a_destination_that_the_topology_does_not_know_is_refused(self, aws: EmulatedAws) -> None:
        with pytest.raises(Misconfigured, match="elsewhere") as caught:
            Publisher(aws.clients.kinesis, aws.clients.sqs, aws.suffix).publish(
                [Message(destination="elsewhere", key="k", body="b")]
            )
        assert caught.value.code == "unknown_destination"

    def test_a_missing_queue_is_not_taken_for_success(self, aws: EmulatedAws) -> None:
        aws.clients.sqs.delete_queue(QueueUrl=aws.queue(UPLOADS.name).url)
        with pytest.raises(Misconfigured):
            Publisher(aws.clients.kinesis, aws.clients.sqs, aws.suffix).publish(
                [Message(destination=UPLOADS.name, key="k", body="b")]
            )


class TestSecrets:
    def test_a_secret_is_read_once_in_a_while_and_its_rotation_is_noticed(self, aws: EmulatedAws) -> None:
        arn = aws.clients.secrets.create_secret(Name=aws.name("openai"), SecretString="one")["ARN"]
        now = 1_000.0
        assert secret_value(aws.clients.secrets, arn, clock=lambda: now) == "one"
        aws.clients.secrets.put_secret_value(SecretId=arn, SecretString="two")
        assert secret_value(aws.clients.secrets, arn, clock=lambda: now + KEPT_SECONDS - 1) == "one"
        assert secret_value(aws.clients.secrets, arn, clock=lambda: now + KEPT_SECONDS + 1) == "two"

    def test_a_missing_secret_is_for_an_operator(self, aws: EmulatedAws) -> None:
        with pytest.raises(Misconfigured) as caught:
            secret_value(aws.clients.secrets, "no-such-secret")
        assert caught.value.code == "resource_missing"

    def test_a_secret_without_text_is_for_an_operator(self, aws: EmulatedAws) -> None:
        arn = aws.clients.secrets.create_secret(Name=aws.name("binary"), SecretBinary=b"\x00")["ARN"]
        with pytest.raises(Misconfigured) as caught:
            secret_value(aws.clients.secrets, arn)
        assert caught.value.code == "secret_not_text"

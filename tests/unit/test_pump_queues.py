"""What becomes of a queue's messages: deleted when done, left alone when not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.pump.answers import Answer, NotInvoked
from local.pump.mapping import Mapping
from local.pump.queues import QueuePump
from local.pump.stopping import Stop

SOURCE = "arn:aws:sqs:us-east-1:123456789012:q"


class FakeSqs:
    """Gives its messages out once and stops the pump when there are none left."""

    def __init__(self, bodies: list[str], stop: Stop) -> None:
        self.waiting = [
            {
                "MessageId": f"m{number}",
                "ReceiptHandle": f"r{number}",
                "Body": body,
                "MD5OfBody": "md5",
                "Attributes": {"ApproximateReceiveCount": "1"},
                "MessageAttributes": {"redrive": {"DataType": "String", "StringValue": "true"}},
            }
            for number, body in enumerate(bodies)
        ]
        self.stop = stop
        self.deleted: list[str] = []
        self.asked: list[int] = []

    def get_queue_url(self, **request: str) -> dict[str, str]:
        return {"QueueUrl": f"http://127.0.0.1/{request['QueueName']}"}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request["WaitTimeSeconds"])
        most = request["MaxNumberOfMessages"]
        given, self.waiting = self.waiting[:most], self.waiting[most:]
        if not given:
            self.stop.set()
            return {}
        return {"Messages": given}

    def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        assert len(request["Entries"]) <= 10
        self.deleted += [entry["ReceiptHandle"] for entry in request["Entries"]]
        return {}


def run(bodies: list[str], function: Callable[[dict[str, Any]], Answer], **changes: Any) -> FakeSqs:
    stop = Stop()
    sqs = FakeSqs(bodies, stop)
    mapping = Mapping(SOURCE, "f", **{"batch_size": 10, "reports_failures": True, **changes})
    QueuePump(mapping, sqs=sqs, invoke=lambda _, event: function(event), stop=stop).run()
    return sqs


def test_messages_that_are_done_are_deleted() -> None:
    assert run(["a", "b"], lambda _: Answer()).deleted == ["r0", "r1"]


def test_only_the_reported_messages_stay() -> None:
    answer = Answer(payload={"batchItemFailures": [{"itemIdentifier": "m1"}]})
    assert run(["a", "b", "c"], lambda _: answer).deleted == ["r0", "r2"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(error={"errorType": "E"}), id="the function failed"),
        pytest.param(Answer(payload={"batchItemFailures": [{"itemIdentifier": ""}]}), id="an unusable report"),
    ],
)
def test_all_stay_when_the_batch_fails(answer: Answer) -> None:
    assert run(["a", "b"], lambda _: answer).deleted == []


def test_without_reports_an_answer_deletes_everything() -> None:
    answer = Answer(payload={"batchItemFailures": [{"itemIdentifier": "m0"}]})
    assert run(["a", "b"], lambda _: answer, reports_failures=False).deleted == ["r0", "r1"]


def test_a_function_that_can_not_be_reached_leaves_all() -> None:
    def function(_: dict[str, Any]) -> Answer:
        raise NotInvoked("no process")

    assert run(["a"], function).deleted == []


def test_unwanted_messages_are_deleted_without_the_function() -> None:
    events: list[dict[str, Any]] = []

    def function(event: dict[str, Any]) -> Answer:
        events.append(event)
        return Answer()

    sqs = run(['{"k": 1}', '{"k": 2}', "text"], function, filters=({"body": {"k": [1]}},))
    assert [record["body"] for event in events for record in event["Records"]] == ['{"k": 1}']
    assert sorted(sqs.deleted) == ["r0", "r1", "r2"]


def test_the_event_has_the_shape_that_lambda_gives_it() -> None:
    events: list[dict[str, Any]] = []

    def function(event: dict[str, Any]) -> Answer:
        events.append(event)
        return Answer()

    run(["hello"], function)
    assert events == [
        {
            "Records": [
                {
                    "messageId": "m0",
                    "receiptHandle": "r0",
                    "body": "hello",
                    "attributes": {"ApproximateReceiveCount": "1"},
                    "messageAttributes": {
                        "redrive": {
                            "stringValue": "true",
                            "stringListValues": [],
                            "binaryListValues": [],
                            "dataType": "String",
                        }
                    },
                    "md5OfBody": "md5",
                    "eventSource": "aws:sqs",
                    "eventSourceARN": SOURCE,
                    "awsRegion": "us-east-1",
                }
            ]
        }
    ]


def test_a_window_gathers_more_than_one_receive_gives() -> None:
    sizes: list[int] = []

    def function(event: dict[str, Any]) -> Answer:
        sizes.append(len(event["Records"]))
        return Answer()

    sqs = run(["x"] * 25, function, batch_size=25, batch_window=60)
    assert sizes == [25]
    assert len(sqs.deleted) == 25
    assert sqs.asked[0] == 20

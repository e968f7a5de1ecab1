"""The state machine of re-indexing, run by an interpreter of Amazon States Language."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import LambdaFunction

from lib.reindexing import definition
from tests.infra.synthesis import Synthesised

Answer = Callable[[dict[str, Any]], Any]
REGION = "us-east-1"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class Away(Exception):
    """Named by the class that a function raised."""


class Unavailable(Away):
    pass


class Conflict(Away):
    pass


class Steps:
    """A function with the promises of `lambdas.reindexing`; a video may fail as often as `fails` says."""

    def __init__(self, *videos: str, fails: dict[str, list[Away]] | None = None) -> None:
        self.index = str(uuid4())
        self.waiting = list(videos)
        self.late: list[str] = []
        self.fails = fails or {}
        self.asked: list[dict[str, Any]] = []
        self.failed: dict[str, Any] = {}
        self.serves = False

    def __call__(self, event: dict[str, Any]) -> Any:
        self.asked.append(event)
        return getattr(self, f"do_{event['do']}")(event)

    def report(self) -> dict[str, Any]:
        state = "serving" if self.serves else "building"
        counts = {"done": 0, "failed": len(self.failed), "waiting": len(self.waiting)}
        return {"index": {"id": self.index, "state": state}, "serves": self.serves, **counts}

    def do_begin(self, _: dict[str, Any]) -> Any:
        return self.report()

    def do_waiting(self, _: dict[str, Any]) -> Any:
        return {"videos": list(self.waiting)}

    def do_take_in(self, event: dict[str, Any]) -> Any:
        errors = self.fails.get(event["video_id"], [])
        if errors:
            raise errors.pop(0)
        self.waiting.remove(event["video_id"])
        return {"taken_in": True}

    def do_failed(self, event: dict[str, Any]) -> Any:
        self.waiting.remove(event["video_id"])
        self.failed[event["video_id"]] = event["error"]
        return {"taken_in": False}

    def do_switch(self, event: dict[str, Any]) -> Any:
        self.waiting, self.late = self.waiting + self.late, []
        self.serves = not self.waiting and (not self.failed or event["without_failed"])
        return self.report()

    def do_clean(self, _: dict[str, Any]) -> Any:
        return {"dropped": []}

    def did(self, what: str) -> list[dict[str, Any]]:
        return [each for each in self.asked if each["do"] == what]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, Any]]]:
    """Runs the machine to its end, without its pauses."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):

        def execute(steps: Steps, **given: Any) -> dict[str, Any]:
            monkeypatch.setattr(LambdaFunction, "_invoke_lambda", _invoke(steps))
            client = boto3.client("stepfunctions", region_name=REGION)
            role = boto3.client("iam", region_name=REGION).create_role(
                RoleName=f"r{uuid4().hex}", AssumeRolePolicyDocument=TRUST
            )["Role"]["Arn"]
            machine = client.create_state_machine(
                name=f"m{uuid4().hex}", roleArn=role, definition=json.dumps(hurried(definition(_function(role))))
            )["stateMachineArn"]
            execution = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
            for _ in range(600):
                described: dict[str, Any] = client.describe_execution(executionArn=execution)
                if described["status"] != "RUNNING":
                    return described
                time.sleep(0.05)
            raise AssertionError("the machine does not end")

        yield execute


def _invoke(steps: Steps) -> Callable[..., tuple[str, bool, str]]:
    def invoke(_: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        document = json.loads(event) if isinstance(event, str | bytes) else event
        try:
            return json.dumps(steps(document)), False, ""
        except Away as error:
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}), True, ""

    return invoke


def _function(role: str) -> str:
    client = boto3.client("lambda", region_name=REGION)
    arn: str = client.create_function(
        FunctionName=f"f{uuid4().hex}",
        Runtime="python3.11",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )["FunctionArn"]
    return arn


def hurried(value: Any) -> Any:
    """The same machine without pauses."""
    if isinstance(value, list):
        return [hurried(each) for each in value]
    if not isinstance(value, dict):
        return value
    short: dict[str, Any] = {"IntervalSeconds": 1, "MaxDelaySeconds": 2, "BackoffRate": 1.0, "Seconds": 0}
    return {name: short.get(name, hurried(each)) for name, each in value.items()}


def test_every_video_is_taken_in_and_then_the_index_serves(run: Callable[..., dict[str, Any]]) -> None:
    steps = Steps("a", "b", "c")
    assert run(steps, requested_by="ann", anyway=True)["status"] == "SUCCEEDED"
    assert steps.did("begin") == [{"do": "begin", "requested_by": "ann", "anyway": True}]
    assert sorted(each["video_id"] for each in steps.did("take_in")) == ["a", "b", "c"]
    assert {each["index_id"] for each in steps.did("take_in")} == {steps.index}
    assert steps.asked[-1] == {"do": "clean"}


def test_nothing_need_be_given(run: Callable[..., dict[str, Any]]) -> None:
    steps = Steps()
    assert run(steps)["status"] == "SUCCEEDED"
    assert steps.did("begin") == [{"do": "begin", "requested_by": "state machine", "anyway": False}]
    assert steps.did("switch")[0]["without_failed"] is False


def test_an_index_that_serves_already_is_left_alone(run: Callable[..., dict[str, Any]]) -> None:
    steps = Steps("a")
    steps.serves = True
    assert run(steps)["status"] == "SUCCEEDED"
    assert [each["do"] for each in steps.asked] == ["begin", "clean"]


def test_what_passes_is_tried_again_and_what_does_not_is_recorded_without_stopping_others(
    run: Callable[..., dict[str, Any]],
) -> None:
    steps = Steps("a", "b", "c", fails={"a": [Unavailable("later")], "b": [Conflict("never")]})
    ended = run(steps)
    assert (ended["status"], ended["error"]) == ("FAILED", "IndexIncomplete")
    assert [each["video_id"] for each in steps.did("take_in")].count("a") == 2
    assert [each["video_id"] for each in steps.did("take_in")].count("b") == 1
    assert list(steps.failed) == ["b"]
    assert steps.failed["b"]["Error"] == "Conflict"
    assert "never" in steps.failed["b"]["Cause"]
    assert not steps.waiting


def test_failed_videos_may_be_left_out(run: Callable[..., dict[str, Any]]) -> None:
    steps = Steps("a", fails={"a": [Conflict("never")]})
    assert run(steps, without_failed=True)["status"] == "SUCCEEDED"
    assert steps.did("switch")[0]["without_failed"] is True


def test_videos_that_came_in_the_meantime_are_taken_in_before_the_switch(run: Callable[..., dict[str, Any]]) -> None:
    steps = Steps("a")
    steps.late = ["b"]
    assert run(steps)["status"] == "SUCCEEDED"
    assert [each["video_id"] for each in steps.did("take_in")] == ["a", "b"]
    assert len(steps.did("switch")) == 2


def test_the_machine_is_deployed_and_reaches_its_own_function_alone(dev: Synthesised) -> None:
    (machine,) = dev.resources("aws_sfn_state_machine").values()
    assert machine["name"] == "reindexing-machine-test-x1"
    assert machine["type"] == "STANDARD"
    states = json.loads(machine["definition"])["States"]
    tasks = [each for each in _all(states) if each.get("Type") == "Task"]
    assert len(tasks) == 6
    functions = {each["Parameters"]["FunctionName"] for each in tasks}
    assert len(functions) == 1
    assert all(each["Retry"][-1]["MaxAttempts"] == 4 for each in tasks)


def _all(states: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for state in states.values():
        yield state
        if "ItemProcessor" in state:
            yield from _all(state["ItemProcessor"]["States"])

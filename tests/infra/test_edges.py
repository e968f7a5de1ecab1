"""Whatever is passed on without waiting has dead letters, a cap on tries, an age at which it ends, and an alarm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.synthesis import Synthesised

Resource = dict[str, Any]

# Whatever else could pass something on without waiting must be looked at here before it is used.
_OTHER_EDGES = {
    "aws_scheduler_schedule", "aws_pipes_pipe", "aws_kinesis_firehose_delivery_stream", "aws_lambda_function_url",
    "aws_cloudwatch_log_subscription_filter", "aws_dynamodb_table", "aws_kinesis_stream_consumer", "aws_mq_broker",
}  # fmt: skip


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Synthesised:
    found: Synthesised = request.getfixturevalue(request.param)
    return found


def _referenced(text: str, kind: str) -> str:
    """The id in a reference such as `${aws_sqs_queue.x.arn}`."""
    found = re.fullmatch(rf"\$\{{{kind}\.([^.}}]+)\.[^}}]+\}}", text)
    assert found, f"{text} is no {kind}"
    return found.group(1)


def _rings_for_dead_letters(stack: Synthesised, queue: str) -> bool:
    """Whether an alarm looks at what lies in the queue with this id."""
    alarms = stack.resources("aws_cloudwatch_metric_alarm").values()
    depths = [each for each in alarms if each.get("metric_name") == "ApproximateNumberOfMessagesVisible"]
    return any(_referenced(each["dimensions"]["QueueName"], "aws_sqs_queue") == queue for each in depths)


def _looked_after(stack: Synthesised, queue_arn: str) -> bool:
    """A watched queue that gives up after some receives, into one that an alarm looks at."""
    key = _referenced(queue_arn, "aws_sqs_queue")
    queue = stack.resources("aws_sqs_queue")[key]
    redrive = json.loads(queue["redrive_policy"])
    ages = [
        each["dimensions"]["QueueName"]
        for each in stack.resources("aws_cloudwatch_metric_alarm").values()
        if each.get("metric_name") == "ApproximateAgeOfOldestMessage"
    ]
    return (
        0 < redrive["maxReceiveCount"] <= 10
        and 0 < queue["message_retention_seconds"] <= 14 * 86_400
        and _rings_for_dead_letters(stack, _referenced(redrive["deadLetterTargetArn"], "aws_sqs_queue"))
        and any(_referenced(each, "aws_sqs_queue") == key for each in ages)
    )


def test_what_a_mapping_gives_up_is_kept_capped_and_rings(stack: Synthesised) -> None:
    ages = {
        each["dimensions"]["FunctionName"]
        for each in stack.resources("aws_cloudwatch_metric_alarm").values()
        if each.get("metric_name") == "IteratorAge"
    }
    functions = stack.resources("aws_lambda_function")
    for mapping in stack.resources("aws_lambda_event_source_mapping").values():
        if "aws_sqs_queue" in mapping["event_source_arn"]:
            assert _looked_after(stack, mapping["event_source_arn"])
            continue
        assert 0 < mapping["maximum_retry_attempts"] <= 10
        assert 0 < mapping["maximum_record_age_in_seconds"] <= 86_400
        failed = mapping["destination_config"]["on_failure"]["destination_arn"]
        assert _rings_for_dead_letters(stack, _referenced(failed, "aws_sqs_queue"))
        key = _referenced(mapping["function_name"], "aws_lambda_function")
        assert {f"${{aws_lambda_function.{key}.function_name}}", functions[key]["function_name"]} & ages


def test_what_a_rule_can_not_deliver_is_kept_capped_and_rings(stack: Synthesised) -> None:
    targets = stack.resources("aws_cloudwatch_event_target").values()
    assert targets
    for target in targets:
        assert 0 <= target["retry_policy"]["maximum_retry_attempts"] <= 185
        assert 0 < target["retry_policy"]["maximum_event_age_in_seconds"] <= 86_400
        assert _rings_for_dead_letters(stack, _referenced(target["dead_letter_config"]["arn"], "aws_sqs_queue"))
        if "aws_sqs_queue" in target["arn"]:
            assert _looked_after(stack, target["arn"])


def test_a_function_that_is_called_without_waiting_has_dead_letters_a_cap_and_an_age(stack: Synthesised) -> None:
    caps = {
        _referenced(each["function_name"], "aws_lambda_function"): each
        for each in stack.resources("aws_lambda_function_event_invoke_config").values()
    }
    waited_for = {"apigateway.amazonaws.com"}
    called = [
        _function(stack, each["function_name"])
        for each in stack.resources("aws_lambda_permission").values()
        if each["principal"] not in waited_for
    ]
    assert called
    for key in called:
        letters = stack.resources("aws_lambda_function")[key]["dead_letter_config"]["target_arn"]
        assert _rings_for_dead_letters(stack, _referenced(letters, "aws_sqs_queue"))
        assert 0 <= caps[key]["maximum_retry_attempts"] <= 2
        assert 60 <= caps[key]["maximum_event_age_in_seconds"] <= 21_600


def _function(stack: Synthesised, name: str) -> str:
    """The id of a function by its name, or by a reference to it."""
    if name.startswith("${"):
        return _referenced(name, "aws_lambda_function")
    (key,) = (key for key, each in stack.resources("aws_lambda_function").items() if each["function_name"] == name)
    return key


def test_a_queue_without_dead_letters_is_one_for_dead_letters(stack: Synthesised) -> None:
    for key, queue in stack.resources("aws_sqs_queue").items():
        if "redrive_policy" in queue:
            assert _looked_after(stack, f"${{aws_sqs_queue.{key}.arn}}"), key
        else:
            assert _rings_for_dead_letters(stack, key), key


def test_buckets_and_topics_tell_nobody_who_could_lose_it(stack: Synthesised) -> None:
    for each in stack.resources("aws_s3_bucket_notification").values():
        assert not {"lambda_function", "topic", "eventbridge"} & {name for name, value in each.items() if value}
        assert all(_looked_after(stack, rule["queue_arn"]) for rule in each["queue"])
    # People are told by mail, which SNS sends again for hours and keeps no dead letters of.
    assert all(each["protocol"] == "email" for each in stack.resources("aws_sns_topic_subscription").values())
    assert not _OTHER_EDGES & set(stack.document["resource"])


def test_every_step_of_a_state_machine_has_caps_and_its_end_rings(stack: Synthesised) -> None:
    watched = [
        each["dimensions"]["StateMachineArn"]
        for each in stack.resources("aws_cloudwatch_metric_alarm").values()
        if each.get("metric_name") == "ExecutionsFailed"
    ]
    for machine in stack.resources("aws_sfn_state_machine").values():
        assert any(arn.endswith(f":stateMachine:{machine['name']}") for arn in watched)
        definition = json.loads(machine["definition"])
        assert definition["TimeoutSeconds"]
        steps = list(_tasks(definition["States"]))
        assert steps
        for step in steps:
            assert step["TimeoutSeconds"]
            assert all(0 <= each["MaxAttempts"] <= 10 for each in step["Retry"])
            assert any("States.ALL" in each["ErrorEquals"] for each in step["Retry"])


def _tasks(states: dict[str, Any]) -> Iterator[Resource]:
    for state in states.values():
        if state["Type"] == "Task":
            yield state
        elif state["Type"] == "Map":
            yield from _tasks(state["ItemProcessor"]["States"])

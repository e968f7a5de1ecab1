"""What must hold of everything that is deployed, read off the synthesised JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesis import Synthesised, build_of, synthesise
from video_pipeline.settings import BY_UNIT
from video_pipeline.topology import (
    DEAD_LETTER_QUEUES,
    FUNCTIONS,
    QUEUE_CONSUMERS,
    QUEUES,
    STREAM_CONSUMERS,
    STREAMS,
    UPLOADS,
)

# Attributes that name a thing on AWS. `name` of an origin or a rule inside a resource is not one.
_NAMED = ("name", "function_name", "bucket", "cluster_identifier", "identifier", "layer_name", "alarm_name")
_NAMES_OTHERS = {
    "aws_s3_bucket_policy", "aws_s3_bucket_versioning", "aws_s3_bucket_public_access_block", "aws_lambda_invocation",
    "aws_s3_bucket_cors_configuration", "aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls", "aws_s3_bucket_server_side_encryption_configuration", "aws_lambda_permission",
    "aws_lambda_event_source_mapping", "aws_ecs_cluster_capacity_providers",
}  # fmt: skip
STAGE = "$default"


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Synthesised:
    found: Synthesised = request.getfixturevalue(request.param)
    return found


def test_every_name_ends_in_the_suffix(stack: Synthesised) -> None:
    seen = 0
    for kind, key, content in stack.every:
        if kind in _NAMES_OTHERS:
            continue
        for attribute in _NAMED:
            name = content.get(attribute)
            if name is None or name == STAGE or (isinstance(name, str) and re.fullmatch(r"\$\{aws_[^}]+\}", name)):
                continue
            seen += 1
            assert name.endswith(("-test-x1", "-prod-x1")), (kind, key, name)
    assert seen > 100


def test_nothing_is_kept_or_protected_when_the_stack_goes(stack: Synthesised) -> None:
    for kind, key, content in stack.every:
        assert not content.get("deletion_protection"), (kind, key)
        assert not (content.get("lifecycle") or {}).get("prevent_destroy"), (kind, key)
    assert all(each["force_destroy"] for each in stack.resources("aws_s3_bucket").values())
    assert all(each["skip_final_snapshot"] for each in stack.resources("aws_rds_cluster").values())
    assert all(each["recovery_window_in_days"] == 0 for each in stack.resources("aws_secretsmanager_secret").values())


def test_streams_and_queues_are_those_of_the_topology(stack: Synthesised) -> None:
    suffix = _suffix(stack)
    streams = {each["name"] for each in stack.resources("aws_kinesis_stream").values()}
    assert streams == {f"{each.name}-{suffix}" for each in STREAMS}
    queues = {each["name"]: each for each in stack.resources("aws_sqs_queue").values()}
    assert set(queues) == {f"{each.name}-{suffix}" for each in QUEUES}
    for queue in QUEUES:
        made = queues[f"{queue.name}-{suffix}"]
        assert made["visibility_timeout_seconds"] == queue.visibility_timeout
        assert made["message_retention_seconds"] == queue.retention
        assert ("redrive_policy" in made) == (queue.dead_letter is not None)


def test_every_asynchronous_edge_has_a_cap_an_age_and_a_dead_letter_queue(stack: Synthesised) -> None:
    mappings = stack.resources("aws_lambda_event_source_mapping").values()
    assert len(mappings) == len(STREAM_CONSUMERS) + len(QUEUE_CONSUMERS)
    for mapping in mappings:
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
        if "aws_kinesis_stream" in mapping["event_source_arn"]:
            assert 0 < mapping["maximum_retry_attempts"] < 100
            assert 0 < mapping["maximum_record_age_in_seconds"] <= 86_400
            assert mapping["bisect_batch_on_function_error"]
            assert "aws_sqs_queue" in mapping["destination_config"]["on_failure"]["destination_arn"]
    for target in stack.resources("aws_cloudwatch_event_target").values():
        assert "aws_sqs_queue" in target["dead_letter_config"]["arn"]
        assert target["retry_policy"]["maximum_retry_attempts"] <= 185


def test_every_dead_letter_queue_and_function_has_an_alarm_and_every_alarm_an_action(stack: Synthesised) -> None:
    alarms = list(stack.resources("aws_cloudwatch_metric_alarm").values())
    assert all(each["alarm_actions"] for each in alarms)
    said = json.dumps([[each.get("dimensions"), each.get("metric_query")] for each in alarms])
    by_id = {name: each["name"] for name, each in stack.resources("aws_sqs_queue").items()}
    suffix = _suffix(stack)
    for queue in DEAD_LETTER_QUEUES:
        keys = [key for key, name in by_id.items() if name == f"{queue.name}-{suffix}"]
        assert f"{queue.name}-{suffix}" in said or any(key in said for key in keys), queue.name
    for function in FUNCTIONS:
        assert f"{function.unit}-{suffix}" in said, function.unit


def test_no_right_is_wider_than_its_reason(stack: Synthesised) -> None:
    """`Statement` refuses a lone star without a reason; here: no action of a whole service, and no principal of all."""
    seen = 0
    for kind, key, content in stack.every:
        for attribute in ("policy", "assume_role_policy", "inline_policy"):
            text = content.get(attribute)
            if not isinstance(text, str) or "Statement" not in text:
                continue
            for statement in json.loads(text)["Statement"]:
                seen += 1
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                if statement["Effect"] == "Deny":
                    continue
                assert not any(action == "*" or action.endswith(":*") for action in actions), (kind, key, actions)
                assert statement.get("Principal") not in ("*", {"AWS": "*"}), (kind, key)
    assert seen > 30


def test_nothing_may_come_in_from_anywhere(stack: Synthesised) -> None:
    for kind in ("aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_security_group"):
        for key, content in stack.resources(kind).items():
            inward = content.get("type") == "ingress" or kind.endswith("ingress_rule")
            rules = [content] if inward else content.get("ingress") or []
            assert "0.0.0.0/0" not in json.dumps(rules), (kind, key)
            assert "::/0" not in json.dumps(rules), (kind, key)


def test_everything_is_encrypted(stack: Synthesised) -> None:
    assert all(each["encryption_type"] == "KMS" for each in stack.resources("aws_kinesis_stream").values())
    assert all(each["sqs_managed_sse_enabled"] for each in stack.resources("aws_sqs_queue").values())
    assert all(each["storage_encrypted"] for each in stack.resources("aws_rds_cluster").values())
    buckets = len(stack.resources("aws_s3_bucket"))
    assert len(stack.resources("aws_s3_bucket_server_side_encryption_configuration")) == buckets
    assert len(stack.resources("aws_s3_bucket_public_access_block")) == buckets
    policies = [each["policy"] for each in stack.resources("aws_s3_bucket_policy").values()]
    assert len(policies) == buckets
    assert all("aws:SecureTransport" in policy for policy in policies)
    assert all(each.get("kms_master_key_id") for each in stack.resources("aws_sns_topic").values())


def test_every_environment_is_made_of_its_settings_class(stack: Synthesised) -> None:
    suffix = _suffix(stack)
    functions = {each["function_name"]: each for each in stack.resources("aws_lambda_function").values()}
    assert set(functions) == {f"{each.unit}-{suffix}" for each in FUNCTIONS}
    for function in FUNCTIONS:
        made = functions[f"{function.unit}-{suffix}"]
        _fits(function.unit, made["environment"]["variables"])
        assert (made["timeout"], made["memory_size"]) == (function.timeout, function.memory)
        assert made["reserved_concurrent_executions"] == function.concurrency
        assert made["handler"] == f"lambdas.{function.unit}.handler.handler"
    (task,) = stack.resources("aws_ecs_task_definition").values()
    (container,) = json.loads(task["container_definitions"])
    _fits("processor", {each["name"]: each["value"] for each in container["environment"]})
    assert container["readonlyRootFilesystem"] is True
    assert not container.get("secrets")


def _fits(unit: str, variables: dict[str, str]) -> None:
    fields = BY_UNIT[unit].model_fields
    assert {name.lower() for name in variables} <= set(fields), unit
    expected = {"environment_suffix", "database_secret_arn", "database_host", "database_name"}
    for name in ("media_bucket", "results_bucket", "openai_secret_arn", "embedding_provider", "public_url"):
        expected |= {name} & set(fields)
    assert {name.lower() for name in variables} >= expected, unit
    assert not any("key" in name.lower() or "password" in name.lower() for name in variables)


def test_secrets_are_empty_and_each_is_read_by_those_alone_that_need_it(stack: Synthesised) -> None:
    assert not stack.resources("aws_secretsmanager_secret_version")
    policies = {
        each["name"]: each["policy"] for each in stack.resources("aws_iam_role_policy").values() if "policy" in each
    }
    secrets = {each["name"]: key for key, each in stack.resources("aws_secretsmanager_secret").items()}
    suffix = _suffix(stack)
    openai = secrets[f"openai-secret-{suffix}"]
    readers = {name.removesuffix(f"-role-{suffix}") for name, policy in policies.items() if f"{openai}." in policy}
    assert readers == {"embedding", "question", "question_api", "reindexing", "summary", "sweeper"}


def test_only_the_api_takes_letters_out_of_dead_letter_queues_and_it_alone_sends_to_every_source(
    stack: Synthesised,
) -> None:
    policies = {
        each["name"]: each["policy"] for each in stack.resources("aws_iam_role_policy").values() if "policy" in each
    }
    suffix = _suffix(stack)
    queues = {each["name"]: key for key, each in stack.resources("aws_sqs_queue").items()}

    def who(action: str, queue: str) -> set[str]:
        arn = f"{queues[f'{queue}-{suffix}']}.arn"
        return {
            name.removesuffix(f"-role-{suffix}")
            for name, policy in policies.items()
            for each in json.loads(policy)["Statement"]
            if action in each["Action"] and any(arn in resource for resource in each["Resource"])
        }

    for letters in DEAD_LETTER_QUEUES:
        assert who("sqs:ReceiveMessage", letters.name) == {"question_api"}, letters.name
        assert who("sqs:DeleteMessage", letters.name) == {"question_api"}, letters.name
    for queue in QUEUES:
        assert "question_api" in who("sqs:GetQueueAttributes", queue.name)
    assert who("sqs:SendMessage", UPLOADS.name) == {"question_api"}
    assert who("sqs:ReceiveMessage", UPLOADS.name) == {"ingest"}


def test_the_same_settings_give_the_same_stack(dev: Synthesised, tmp_path: Path) -> None:
    again = synthesise(tmp_path, "test-x1", dashboard=build_of(tmp_path / "dist"))
    assert again.document == dev.document


def _suffix(stack: Synthesised) -> str:
    streams: list[Any] = list(stack.resources("aws_kinesis_stream").values())
    return "prod-x1" if streams[0]["name"].endswith("prod-x1") else "test-x1"

"""What must hold of every alarm, right, name and cipher, whatever there is; `test_stack` looks at things one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lib.alarm_topic import WATCHERS
from lib.environments import DEV, PROD
from lib.monitoring import connections
from tests.infra.synthesis import Synthesised

Resource = dict[str, Any]

# Parts of something else, which are named by it alone.
_NAMELESS = re.compile(
    r"aws_(apigatewayv2_(integration|route|stage)|lambda_event_source_mapping|route|route_table_association"
    r"|s3_object"
    r"|lambda_function_event_invoke_config|s3_bucket_.*|sns_topic_policy|sqs_queue_policy|vpc_security_group_.*_rule"
    r"|ses_domain_(identity|dkim)|sns_topic_subscription|lambda_permission|lambda_invocation|ecs_cluster_capacity_providers|ecr_lifecycle_policy)"
)
# Stars that are not the whole of a resource: the part of one named thing that has no names of its own, or many.
_NARROW = (
    r"\$\{aws_s3_bucket\.[^}]+\}/([a-z]+/)?\*",  # objects of a bucket, or of a prefix in it
    r"\$\{aws_cloudwatch_log_group\.[^}]+\}:(log-stream:)?\*",  # streams of a log group
    r"arn:\S+:log-group:\*",  # asking which log groups there are
    r"arn:\S+:transcription-job/video-pipeline-\S+-\*",  # jobs of this environment
    r"arn:\S+:task/processing-cluster-\S+/\*",  # tasks of this cluster
    r"arn:\S+:(execution|mapRun):\S+/\*",  # runs of this state machine
)
_SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"  # AWS's Managed-SecurityHeadersPolicy


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Synthesised:
    found: Synthesised = request.getfixturevalue(request.param)
    return found


def _referenced(text: str, kind: str) -> str:
    """The id in a reference such as `${aws_sqs_queue.x.arn}`."""
    found = re.fullmatch(rf"\$\{{{kind}\.([^.}}]+)\.[^}}]+\}}", text)
    assert found, f"{text} is no {kind}"
    return found.group(1)


def _statements(stack: Synthesised) -> Iterator[tuple[str, str, Resource]]:
    for kind, key, content in stack.every:
        for attribute in ("policy", "assume_role_policy"):
            text = content.get(attribute)
            if isinstance(text, str) and "Statement" in text:
                for statement in json.loads(text)["Statement"]:
                    yield kind, key, statement


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# ------------------------------------------------------------------------------------------------ alarms
def test_every_alarm_says_something_to_people_when_it_begins_and_ends(stack: Synthesised) -> None:
    (topic,) = stack.resources("aws_sns_topic")
    for key, alarm in stack.resources("aws_cloudwatch_metric_alarm").items():
        for actions in (alarm["alarm_actions"], alarm["ok_actions"]):
            assert [_referenced(each, "aws_sns_topic") for each in actions] == [topic], key
        assert alarm["alarm_description"].endswith("."), key
        assert alarm["treat_missing_data"] == "notBreaching", key


def test_the_watchers_may_write_to_the_topic_and_use_its_key(stack: Synthesised) -> None:
    """With the key that AWS keeps for SNS, alarms would ring unheard."""
    (topic,) = stack.resources("aws_sns_topic").values()
    key = stack.resources("aws_kms_key")[_referenced(topic["kms_master_key_id"], "aws_kms_key")]
    (policy,) = stack.resources("aws_sns_topic_policy").values()
    for document, action in ((key["policy"], "kms:GenerateDataKey*"), (policy["policy"], "sns:Publish")):
        allowed = [each for each in json.loads(document)["Statement"] if each["Effect"] == "Allow"]
        (watchers,) = (each for each in allowed if "Service" in each["Principal"])
        assert set(watchers["Principal"]["Service"]) == set(WATCHERS)
        assert action in watchers["Action"]
        assert "aws:SourceAccount" in watchers["Condition"]["StringEquals"]


def test_a_budget_tells_the_topic(prod: Synthesised) -> None:
    (budget,) = prod.resources("aws_budgets_budget").values()
    (told,) = budget["notification"]
    assert all("aws_sns_topic" in each for each in told["subscriber_sns_topic_arns"])


def test_missing_workers_ring_even_where_none_always_runs(stack: Synthesised) -> None:
    (alarm,) = (
        each for each in stack.resources("aws_cloudwatch_metric_alarm").values() if each.get("metric_query") is not None
    )
    metrics = {each["metric"]["metric_name"] for each in alarm["metric_query"] if "metric" in each}
    assert metrics == {"DesiredTaskCount", "RunningTaskCount"}
    assert [each["id"] for each in alarm["metric_query"] if each["return_data"]] == ["missing"]


def test_connections_ring_before_the_database_refuses_them() -> None:
    assert connections(DEV) == 450
    assert connections(PROD) == 2000


# ------------------------------------------------------------------------------------------------ rights
def test_every_star_in_a_right_has_its_reason_in_the_policy(stack: Synthesised) -> None:
    seen = 0
    for kind, key, statement in _statements(stack):
        if kind != "aws_iam_role_policy":
            continue
        for text in (*_list(statement["Action"]), *_list(statement["Resource"])):
            if "*" not in text or any(re.fullmatch(each, text) for each in _NARROW):
                continue
            seen += 1
            assert statement.get("Sid", "").startswith("Because"), (key, text)
            assert re.fullmatch(r"Because[A-Za-z0-9]{15,}", statement["Sid"]), statement["Sid"]
    assert seen > 10


def test_policies_of_things_let_in_services_by_name_and_for_this_account_alone(stack: Synthesised) -> None:
    for kind, key, statement in _statements(stack):
        if statement["Effect"] == "Deny" or kind in ("aws_iam_role_policy", "aws_iam_role"):
            continue
        principal = statement["Principal"]
        if "Service" in principal:
            condition = json.dumps(statement["Condition"]).lower()
            assert "aws:sourcearn" in condition or "aws:sourceaccount" in condition, (key, statement)
        else:
            assert principal["AWS"].endswith(":root"), (key, principal)
            assert "caller_identity" in principal["AWS"], (key, principal)


# ----------------------------------------------------------------------------------------------- ciphers
def test_whatever_can_be_asked_without_tls_refuses_it(stack: Synthesised) -> None:
    for kind, policies, target in (
        ("aws_s3_bucket", "aws_s3_bucket_policy", "bucket"),
        ("aws_sqs_queue", "aws_sqs_queue_policy", "queue_url"),
        ("aws_sns_topic", "aws_sns_topic_policy", "arn"),
    ):
        refusing = {
            _referenced(each[target], kind)
            for each in stack.resources(policies).values()
            if any(_refuses_plain(statement) for statement in json.loads(each["policy"])["Statement"])
        }
        assert refusing == set(stack.resources(kind)), kind


def _refuses_plain(statement: Resource) -> bool:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return (statement["Effect"], statement["Principal"], statement.get("Condition")) == ("Deny", "*", plain)


def test_database_api_and_dashboard_are_reached_over_tls_alone(stack: Synthesised) -> None:
    (group,) = stack.resources("aws_rds_cluster_parameter_group").values()
    assert {"name": "rds.force_ssl", "value": "1"}.items() <= group["parameter"][0].items()
    (site,) = stack.resources("aws_cloudfront_distribution").values()
    behaviours = [site["default_cache_behavior"], *site["ordered_cache_behavior"]]
    assert {each["viewer_protocol_policy"] for each in behaviours} == {"redirect-to-https", "https-only"}
    own = "${aws_cloudfront_response_headers_policy."
    assert site["default_cache_behavior"]["response_headers_policy_id"].startswith(own)
    assert {each["response_headers_policy_id"] for each in site["ordered_cache_behavior"]} == {_SECURITY_HEADERS}
    (origin,) = (each["custom_origin_config"] for each in site["origin"] if "custom_origin_config" in each)
    assert (origin["origin_protocol_policy"], origin["origin_ssl_protocols"]) == ("https-only", ["TLSv1.2"])
    for rule in stack.resources("aws_vpc_security_group_egress_rule").values():
        assert rule["to_port"] in (443, 5432)


def test_the_image_registry_is_encrypted_and_goes_with_everything_in_it(registry: Synthesised) -> None:
    (repository,) = registry.resources("aws_ecr_repository").values()
    assert repository["encryption_configuration"]
    assert repository["force_delete"] is True
    assert repository["name"].endswith("-prod-x1")


# ------------------------------------------------------------------------------------------ coming, going
def test_refused_connections_are_written_down(stack: Synthesised) -> None:
    (log,) = stack.resources("aws_flow_log").values()
    assert log["traffic_type"] == "REJECT"
    assert "aws_cloudwatch_log_group" in log["log_destination"]


def test_only_zones_that_every_account_has_are_built_in(stack: Synthesised) -> None:
    (zones,) = stack.document["data"]["aws_availability_zones"].values()
    assert zones["filter"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]


def test_everything_leaves_with_the_stack(stack: Synthesised, registry: Synthesised) -> None:
    for kind, key, content in (*stack.every, *registry.every):
        kept = ("skip_destroy", "deletion_protection", "enable_deletion_protection", "termination_protection")
        assert not any(content.get(attribute) for attribute in kept), (kind, key)
        assert "prevent_destroy" not in (content.get("lifecycle") or {}), (kind, key)
    # KMS insists on a week.
    assert all(each["deletion_window_in_days"] == 7 for each in stack.resources("aws_kms_key").values())
    assert all(each["enforce_consumer_deletion"] for each in stack.resources("aws_kinesis_stream").values())
    assert all(each["retention_in_days"] for each in stack.resources("aws_cloudwatch_log_group").values())


def test_everything_is_named_after_its_environment(stack: Synthesised) -> None:
    for kind, key, content in stack.every:
        if _NAMELESS.fullmatch(kind):
            continue
        texts = [value for value in content.values() if isinstance(value, str)]
        named = [*texts, (content.get("tags") or {}).get("Name", "")]
        assert any(text.endswith(("-test-x1", "-prod-x1")) for text in named), (kind, key)


def test_the_sweeper_comes_as_often_as_its_environment_says(dev: Synthesised, prod: Synthesised) -> None:
    def rates(stack: Synthesised) -> list[str]:
        rules = stack.resources("aws_cloudwatch_event_rule").values()
        return [each["schedule_expression"] for each in rules if "schedule_expression" in each]

    assert rates(dev) == ["rate(60 minutes)"]
    assert rates(prod) == ["rate(1 minute)"]

"""Mail is a part of the stack only where there is a domain for it, and reaches no further than its address."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.environments import BadSetting, environment_for
from tests.infra.synthesis import Synthesised
from video_pipeline.topology import MAIL_PREFIX

ADDRESS = "questions@videos.example.com"


def environment(stack: Synthesised, unit: str) -> dict[str, str]:
    for content in stack.resources("aws_lambda_function").values():
        if content["function_name"].rpartition("-prod-x1")[0] == unit:
            variables: dict[str, str] = content["environment"]["variables"]
            return variables
    pytest.fail(f"there is no {unit}")


def test_without_a_domain_nothing_of_it_is_made(dev: Synthesised) -> None:
    assert not [kind for kind, _, _ in dev.every if kind.startswith("aws_ses_")]
    assert MAIL_PREFIX not in json.dumps(dev.document)
    assert "ses:" not in json.dumps(dev.document)


def test_what_arrives_for_the_address_is_scanned_and_goes_into_the_bucket_over_tls(prod: Synthesised) -> None:
    (rule,) = prod.resources("aws_ses_receipt_rule").values()
    assert (rule["recipients"], rule["scan_enabled"], rule["tls_policy"]) == ([ADDRESS], True, "Require")
    (action,) = rule["s3_action"]
    assert action["object_key_prefix"] == MAIL_PREFIX
    assert any("media_policy" in each for each in rule["depends_on"])
    assert [each["rule_set_name"] for each in prod.resources("aws_ses_active_receipt_rule_set").values()] == [
        "mail-rules-prod-x1"
    ]


def test_only_that_rule_of_this_account_may_put_mail(prod: Synthesised) -> None:
    policies = [json.loads(each["policy"]) for each in prod.resources("aws_s3_bucket_policy").values()]
    let_in = [each for policy in policies for each in policy["Statement"] if each.get("Sid") == "MailArrives"]
    (statement,) = let_in
    assert statement["Action"] == "s3:PutObject"
    assert statement["Resource"].endswith(f"/{MAIL_PREFIX}*")
    conditions = statement["Condition"]["StringEquals"]
    assert conditions["aws:SourceArn"].endswith("receipt-rule-set/mail-rules-prod-x1:receipt-rule/mail-rule-prod-x1")
    assert conditions["aws:SourceAccount"]


def test_mails_are_told_to_the_queue_and_expire(prod: Synthesised) -> None:
    (told,) = prod.resources("aws_s3_bucket_notification").values()
    assert [each.get("filter_suffix") for each in told["queue"] if each["filter_prefix"] == MAIL_PREFIX] == [None]
    rules = [
        each for bucket in prod.resources("aws_s3_bucket_lifecycle_configuration").values() for each in bucket["rule"]
    ]
    (expiring,) = [each for each in rules if each["id"] == "expire-mail"]
    assert expiring["expiration"][0]["days"] == 7


def test_one_function_may_send_and_in_one_name(prod: Synthesised) -> None:
    sending = {
        content["name"]: statement
        for content in prod.resources("aws_iam_role_policy").values()
        for statement in json.loads(content["policy"])["Statement"]
        if any(action.startswith("ses:") for action in statement["Action"])
    }
    ((name, statement),) = sending.items()
    assert name.startswith("question-")
    assert not name.startswith("question_api")
    assert [each.rpartition(":")[2] for each in statement["Resource"]] == ["identity/videos.example.com"]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": ADDRESS}}


def test_every_process_of_mail_knows_its_settings(prod: Synthesised) -> None:
    for unit in ("ingest", "question", "question_api"):
        known = environment(prod, unit)
        assert known["MAIL_FROM"] == ADDRESS
        assert json.loads(known["MAIL_ALLOWED"]) == ["example.com"]
        assert known["HUMAN_ADDRESS"] == "desk@example.com"
    assert "MAIL_FROM" not in environment(prod, "embedding")


def test_what_the_domains_dns_has_to_say_is_an_output(prod: Synthesised) -> None:
    records = prod.document["output"]["mail_records"]["value"]
    assert records["receiving"] == "MX videos.example.com 10 inbound-smtp.us-east-1.amazonaws.com"
    assert "dkim_tokens" in records["dkim"]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"mail_from": "q@example.com"}, "need `mail_domain`"),
        ({"human_address": "desk@example.com"}, "need `mail_domain`"),
        ({"mail_domain": "example.com", "mail_from": "q@elsewhere.example"}, "no address of 'example.com'"),
        (
            {"mail_domain": "example.com", "nat": "none", "openai_base_url": "http://inner"},
            "cuts the functions off from SES",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_named(overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        environment_for("dev", overrides)

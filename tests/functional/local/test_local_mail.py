"""The emulated SES: what is sent is kept over a kill and can be read, through the gate alone."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from local import resources
from tests.functional.local.conftest import FAST
from tests.mails import LETTER
from video_pipeline.mail.composing import compose
from video_pipeline.topology import LOCAL_MAIL_FROM

RAW = compose(LETTER)


def _get(aws: Any, path: str) -> bytes:
    with urllib.request.urlopen(f"{aws.url}{path}") as answer:
        content: bytes = answer.read()
    return content


def test_mails_are_kept_over_a_kill_the_newest_first(aws: Any, http_status: Any) -> None:
    ses = resources.session("us-east-1").client("sesv2", endpoint_url=aws.url, config=FAST)
    for recipient in ("ann@example.com", "bob@example.com"):
        sent = ses.send_email(
            FromEmailAddress=LOCAL_MAIL_FROM,
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": RAW}},
        )
    aws.restart()
    found = json.loads(_get(aws, "/_emulator/mails"))["mails"]
    assert [each["to"][0] for each in found] == ["bob@example.com", "ann@example.com"]
    assert (found[0]["id"], found[0]["subject"]) == (sent["MessageId"], "Answer: When?")
    assert _get(aws, f"/_emulator/mails/{sent['MessageId']}") == RAW
    assert http_status(f"{aws.url}/_emulator/mails/none", {}) == 404
    assert http_status(f"{aws.url}/_emulator/mails", {"Origin": "http://evil.example"}) == 403
    assert http_status(f"{aws.url}/_emulator/mails", {"Host": "evil.example"}) == 403


def test_a_rule_for_mail_that_arrives_goes_with_its_stack(aws: Any) -> None:
    ses = resources.session("us-east-1").client("ses", endpoint_url=aws.url, config=FAST)
    ses.create_receipt_rule_set(RuleSetName="rules")
    ses.create_receipt_rule(RuleSetName="rules", Rule={"Name": "rule", "Enabled": True})
    for _ in range(2):
        ses.delete_receipt_rule(RuleSetName="rules", RuleName="rule")
    assert ses.describe_receipt_rule_set(RuleSetName="rules")["Rules"] == []

"""Where alarms go: one topic that only AWS's own watchers may write to, and the budget that tells it too."""

from __future__ import annotations

import json
from typing import Any, Final

from cdktf_cdktf_provider_aws.budgets_budget import BudgetsBudget, BudgetsBudgetNotification
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from lib.place import Place

WATCHERS: Final = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
# The least that KMS allows; a key that waits for its end costs nothing and can't be used.
_DELETION_DAYS: Final = 7
_WARNED_AT_PERCENT: Final = 80
_ADMINISTRATION: Final = (
    *("Create*", "Describe*", "Enable*", "List*", "Put*", "Update*", "Revoke*", "Disable*", "Get*", "Delete*"),
    *("TagResource", "UntagResource", "ScheduleKeyDeletion", "CancelKeyDeletion", "Encrypt", "Decrypt"),
    "GenerateDataKey*",
)


class AlarmTopic(Construct):
    """The topic `alarms` with its key, who is subscribed, and the budget where one is set."""

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        self._place = place
        topic = SnsTopic(self, "topic", name=place.names("alarms"), kms_master_key_id=self._key())
        self.arn = topic.arn
        SnsTopicPolicy(self, "policy", arn=topic.arn, policy=self._policy(topic.arn))
        if place.environment.alarm_email:
            SnsTopicSubscription(
                self, "email", topic_arn=topic.arn, protocol="email", endpoint=place.environment.alarm_email
            )
        # The emulation does not know budgets.
        if place.environment.budget and not place.environment.emulated:
            self._budget()

    def _key(self) -> str:
        """A key of its own: with the one that AWS keeps for SNS, CloudWatch is not allowed to send anything."""
        root = f"arn:{self._place.partition}:iam::{self._place.account}:root"
        owner = {
            "Sid": "Owner",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": [f"kms:{each}" for each in _ADMINISTRATION],
            "Resource": "*",
        }
        watchers = self._for_watchers("Watchers", ["kms:Decrypt", "kms:GenerateDataKey*"], "*")
        key = KmsKey(
            self,
            "key",
            description="Messages of the topic alarms",
            enable_key_rotation=True,
            deletion_window_in_days=_DELETION_DAYS,
            policy=json.dumps({"Version": "2012-10-17", "Statement": [owner, watchers]}),
            tags={"Name": self._place.names("alarms-key")},
        )
        KmsAlias(self, "alias", name=f"alias/{self._place.names('alarms')}", target_key_id=key.key_id)
        return key.key_id

    def _policy(self, topic: str) -> str:
        only_tls = {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        watchers = self._for_watchers("Watchers", ["sns:Publish"], topic)
        return json.dumps({"Version": "2012-10-17", "Statement": [only_tls, watchers]})

    def _for_watchers(self, sid: str, actions: list[str], resource: str) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": list(WATCHERS)},
            "Action": actions,
            "Resource": resource,
            "Condition": {"StringEquals": {"aws:SourceAccount": self._place.account}},
        }

    def _budget(self) -> None:
        warned = BudgetsBudgetNotification(
            comparison_operator="GREATER_THAN",
            threshold=_WARNED_AT_PERCENT,
            threshold_type="PERCENTAGE",
            notification_type="FORECASTED",
            subscriber_sns_topic_arns=[self.arn],
        )
        BudgetsBudget(
            self,
            "budget",
            name=self._place.names("budget"),
            budget_type="COST",
            limit_amount=str(self._place.environment.budget),
            limit_unit="USD",
            time_unit="MONTHLY",
            notification=[warned],
        )

"""Mail out and in: a domain that SES sends for, and a rule that puts what arrives for one address into a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import Fn, ITerraformDependable
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.ses_active_receipt_rule_set import SesActiveReceiptRuleSet
from cdktf_cdktf_provider_aws.ses_domain_dkim import SesDomainDkim
from cdktf_cdktf_provider_aws.ses_domain_identity import SesDomainIdentity
from cdktf_cdktf_provider_aws.ses_receipt_rule import SesReceiptRule, SesReceiptRuleS3Action
from cdktf_cdktf_provider_aws.ses_receipt_rule_set import SesReceiptRuleSet
from constructs import Construct

from lib.place import Place
from video_pipeline.topology import MAIL_PREFIX

_RULES = "mail-rules"
_RULE = "mail-rule"


class Mail(Construct):
    """The domain's identity with its DKIM keys, and the receipt rule.

    An account has one active set of rules: without `mail_rule_set` one is made and becomes that. What has to be
    written into the domain's DNS is `records`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        bucket: S3Bucket,
        after: Sequence[ITerraformDependable],
    ) -> None:
        """`after`: SES tries whether it may write before a rule is made."""
        super().__init__(scope, id)
        environment = place.environment
        identity = SesDomainIdentity(self, "identity", domain=environment.mail_domain)
        dkim = SesDomainDkim(self, "dkim", domain=identity.domain)
        SesReceiptRule(
            self,
            "rule",
            name=place.names(_RULE),
            rule_set_name=self._rule_set(place),
            recipients=[environment.mail_address],
            enabled=True,
            scan_enabled=True,
            tls_policy="Require",
            s3_action=[SesReceiptRuleS3Action(bucket_name=bucket.bucket, object_key_prefix=MAIL_PREFIX, position=1)],
            depends_on=list(after),
        )
        self.records = {
            "verification": f"TXT _amazonses.{environment.mail_domain} {identity.verification_token}",
            "dkim": Fn.join(" ", dkim.dkim_tokens),
            "dkim_records": f"CNAME (token)._domainkey.{environment.mail_domain} (token).dkim.amazonses.com",
            "receiving": f"MX {environment.mail_domain} 10 inbound-smtp.{environment.region}.amazonaws.com",
            "dmarc": f"TXT _dmarc.{environment.mail_domain} v=DMARC1; p=quarantine",
        }

    def _rule_set(self, place: Place) -> str:
        if place.environment.mail_rule_set:
            return place.environment.mail_rule_set
        name = place.names(_RULES)
        made = SesReceiptRuleSet(self, "rules", rule_set_name=name)
        SesActiveReceiptRuleSet(self, "active-rules", rule_set_name=name, depends_on=[made])
        return made.rule_set_name


def may_put_mail(place: Place, bucket_arn: str) -> Mapping[str, Any]:
    """SES, and only for this stack's rule."""
    rule_set = place.environment.mail_rule_set or place.names(_RULES)
    rule = place.arn("ses", f"receipt-rule-set/{rule_set}:receipt-rule/{place.names(_RULE)}")
    return {
        "Sid": "MailArrives",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/{MAIL_PREFIX}*",
        "Condition": {"StringEquals": {"aws:SourceAccount": place.account, "aws:SourceArn": rule}},
    }

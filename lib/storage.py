"""The two buckets: films that people bring, and what was made of them. Apart, since their rights and lives differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification, S3BucketNotificationQueue
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from lib.ingestion import Ingestion
from lib.mail import may_put_mail
from lib.place import Place
from video_pipeline.topology import (
    ASSEMBLED_PREFIX,
    MAIL_PREFIX,
    MEDIA_BUCKET,
    NOTIFIED_SUFFIXES,
    PROJECTS_PREFIX,
    RESULTS_BUCKET,
    SEGMENTS_PREFIX,
    UPLOADS,
    UPLOADS_PREFIX,
)

# Longer than anything waits for its missing parts.
_SEGMENTS_DAYS = 7
_REJECTED_DAYS = 90
_TRANSCRIBE_DAYS = 7
_ABANDONED_DAYS = 2
# Long enough to look why one was set aside.
_MAIL_DAYS = 7
_SPARE_DAYS = 7


def bucket_name(place: Place, resource_type: str) -> str:
    """Names are the world's own, so the account's number stands in them."""
    return place.names(f"{resource_type}-{place.account}")


class PrivateBucket(Construct):
    """A bucket that only answers over TLS, to nobody by default, and goes with the stack."""

    def __init__(self, scope: Construct, id: str, *, place: Place, resource_type: str) -> None:
        super().__init__(scope, id)
        self.bucket = S3Bucket(self, "bucket", bucket=bucket_name(place, resource_type), force_destroy=True)
        block = S3BucketPublicAccessBlock(
            self,
            "access",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self.bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self.bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
        )
        self.statements: list[Mapping[str, object]] = [self._only_tls()]
        self._access = block

    def seal(self) -> S3BucketPolicy:
        """The policy, once all `statements` are there."""
        return S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=json.dumps({"Version": "2012-10-17", "Statement": self.statements}),
            depends_on=[self._access],
        )

    def _only_tls(self) -> dict[str, object]:
        return {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.bucket.arn, f"{self.bucket.arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


class Storage(Construct):
    """The media bucket and the results bucket."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        ingestion: Ingestion,
        origins: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        environment = place.environment
        self.policies: dict[str, S3BucketPolicy] = {}
        self.media = self._bucket("media", MEDIA_BUCKET, place, origins)
        self.results = self._bucket("results", RESULTS_BUCKET, place, origins)
        if environment.media_versioning:
            S3BucketVersioningA(
                self,
                "media-versioning",
                bucket=self.media.id,
                versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
            )
        self._live(
            "media",
            self.media,
            {
                UPLOADS_PREFIX: environment.uploads_expire,
                SEGMENTS_PREFIX: _SEGMENTS_DAYS,
                ASSEMBLED_PREFIX: environment.uploads_expire,
                # The sweeper removes them by the day; this is for what it should miss.
                PROJECTS_PREFIX: environment.projects_expire + _SPARE_DAYS if environment.projects_expire else 0,
                MAIL_PREFIX: _MAIL_DAYS if environment.mail_domain else 0,
            },
            environment.noncurrent_expire,
        )
        kept = {"rejected/": _REJECTED_DAYS, "transcribe/": _TRANSCRIBE_DAYS, "videos/": environment.results_expire}
        self._live("results", self.results, kept, environment.noncurrent_expire)
        self._notify(ingestion, mail=bool(environment.mail_domain))

    def _bucket(self, name: str, resource_type: str, place: Place, origins: Sequence[str]) -> S3Bucket:
        made = PrivateBucket(self, name, place=place, resource_type=resource_type)
        if resource_type == MEDIA_BUCKET and place.environment.mail_domain:
            made.statements.append(may_put_mail(place, made.bucket.arn))
        self.policies[resource_type] = made.seal()
        S3BucketCorsConfiguration(
            self,
            f"{name}-cors",
            bucket=made.bucket.id,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    allowed_origins=list(origins),
                    allowed_methods=["GET", "HEAD", "PUT"],
                    allowed_headers=["*"],
                    # A script must see ETags to finish an upload in parts.
                    expose_headers=["ETag", "Content-Range", "Accept-Ranges", "Content-Length"],
                    max_age_seconds=3600,
                )
            ],
        )
        return made.bucket

    def _live(self, name: str, bucket: S3Bucket, days: dict[str, int], noncurrent: int) -> None:
        """How long what lies under which prefix lives; 0 days: for ever."""
        rules = [_expiring(prefix, count) for prefix, count in days.items() if count]
        S3BucketLifecycleConfiguration(
            self, f"{name}-lifecycle", bucket=bucket.id, rule=[*rules, _tidy(noncurrent), abandoned_uploads()]
        )

    def _notify(self, ingestion: Ingestion, *, mail: bool) -> None:
        """Every media file under `uploads/` and every mail is told to the queue; its policy must stand before S3 tries
        it."""
        rules = [
            S3BucketNotificationQueue(
                id=f"media{ending.replace('.', '-')}",
                queue_arn=ingestion.queues[UPLOADS.name].arn,
                events=["s3:ObjectCreated:*"],
                filter_prefix=UPLOADS_PREFIX,
                filter_suffix=ending,
            )
            for ending in NOTIFIED_SUFFIXES
        ]
        if mail:
            queue, created = ingestion.queues[UPLOADS.name].arn, ["s3:ObjectCreated:*"]
            mails = S3BucketNotificationQueue(id="mail", queue_arn=queue, events=created, filter_prefix=MAIL_PREFIX)
            rules.append(mails)
        S3BucketNotification(
            self, "notifications", bucket=self.media.id, queue=rules, depends_on=[ingestion.policies[UPLOADS.name]]
        )


def _expiring(prefix: str, days: int) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id=f"expire-{prefix.rstrip('/')}",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
    )


def _tidy(noncurrent: int) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id="tidy",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        noncurrent_version_expiration=[
            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=noncurrent)
        ],
    )


def abandoned_uploads() -> S3BucketLifecycleConfigurationRule:
    """Parts of uploads that nobody finished."""
    return S3BucketLifecycleConfigurationRule(
        id="abandoned-uploads",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=_ABANDONED_DAYS)
        ],
    )

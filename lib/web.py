"""One origin for people: the dashboard's files and the API behind one name."""

from __future__ import annotations

from typing import Final

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import S3BucketLifecycleConfiguration
from constructs import Construct

from lib.place import Place
from lib.storage import PrivateBucket, abandoned_uploads

# Policies that CloudFront keeps for everyone, by their published ids.
_CACHING: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
_NO_CACHING: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_BUT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
_SECURITY_HEADERS: Final = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_FILES: Final = "files"
_API: Final = "api"
# What the application answers; everything else is a file of the dashboard.
_ANSWERED: Final = ("/api/*", "/docs*", "/openapi.json", "/videos/*", "/healthz", "/static/*")
_EVERY_METHOD: Final = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class Web(Construct):
    """A private bucket for the dashboard, and the distribution that shows it beside the API."""

    def __init__(self, scope: Construct, id: str, *, place: Place, api_endpoint: str) -> None:  # noqa: A002
        super().__init__(scope, id)
        private = PrivateBucket(self, "web", place=place, resource_type="web-bucket")
        self.bucket = private.bucket
        # A broken-off copy of the dashboard is not paid for longer than this.
        S3BucketLifecycleConfiguration(self, "lifecycle", bucket=self.bucket.id, rule=[abandoned_uploads()])
        distribution = CloudfrontDistribution(
            self,
            "distribution",
            enabled=True,
            comment=place.names("web-distribution"),
            default_root_object="index.html",
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            origin=[self._files(place), _api(api_endpoint)],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id=_FILES,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=_CACHING,
                response_headers_policy_id=_SECURITY_HEADERS,
                compress=True,
            ),
            ordered_cache_behavior=[_answered(pattern) for pattern in _ANSWERED],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            # CloudFront's own name comes with its own certificate and TLS settings.
            viewer_certificate=CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True),
        )
        private.statements.append(
            {
                "Sid": "Distribution",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"{self.bucket.arn}/*",
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution.arn}},
            }
        )
        private.seal()
        self.url = f"https://{distribution.domain_name}"

    def _files(self, place: Place) -> CloudfrontDistributionOrigin:
        control = CloudfrontOriginAccessControl(
            self,
            "access-control",
            name=place.names("web-access"),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        return CloudfrontDistributionOrigin(
            origin_id=_FILES,
            domain_name=self.bucket.bucket_regional_domain_name,
            origin_access_control_id=control.id,
        )


def _api(endpoint: str) -> CloudfrontDistributionOrigin:
    return CloudfrontDistributionOrigin(
        origin_id=_API,
        domain_name=Fn.trimprefix(endpoint, "https://"),
        custom_origin_config=CloudfrontDistributionOriginCustomOriginConfig(
            http_port=80,
            https_port=443,
            origin_protocol_policy="https-only",
            origin_ssl_protocols=["TLSv1.2"],
        ),
    )


def _answered(pattern: str) -> CloudfrontDistributionOrderedCacheBehavior:
    return CloudfrontDistributionOrderedCacheBehavior(
        path_pattern=pattern,
        target_origin_id=_API,
        viewer_protocol_policy="https-only",
        allowed_methods=_EVERY_METHOD,
        cached_methods=["GET", "HEAD"],
        cache_policy_id=_NO_CACHING,
        origin_request_policy_id=_ALL_BUT_HOST,
        # It only adds what the application has not said itself.
        response_headers_policy_id=_SECURITY_HEADERS,
        compress=True,
    )

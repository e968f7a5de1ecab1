"""One origin for people: the dashboard's files and the API behind one name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrderedCacheBehaviorFunctionAssociation,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_function import CloudfrontFunction
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from cdktf_cdktf_provider_aws.cloudfront_response_headers_policy import (
    CloudfrontResponseHeadersPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfig,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity,
)
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import S3BucketLifecycleConfiguration
from constructs import Construct

from lib.environments import Environment
from lib.place import Place
from lib.storage import PrivateBucket, abandoned_uploads, bucket_name
from lib.web_files import WebFiles
from video_pipeline.dashboard import ONLY_TLS_SECONDS, PAGES, policy
from video_pipeline.topology import MEDIA_BUCKET, RESULTS_BUCKET

# Policies that CloudFront keeps for everyone, by their published ids.
_CACHING: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
_NO_CACHING: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_BUT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
_SECURITY_HEADERS: Final = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_FILES: Final = "files"
_API: Final = "api"
# What the application answers; everything else is the dashboard's.
_ANSWERED: Final = ("/api/*", "/docs*", "/openapi.json", "/healthz", "/static/*")
# Without the dashboard, the application shows a small player.
_PLAYER: Final = "/videos/*"
_EVERY_METHOD: Final = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_FUNCTION: Final = Path(__file__).with_name("web_function.js")


class Web(Construct):
    """A private bucket for the dashboard, and the distribution that shows it beside the API.

    `host` is CloudFront's own name for it, `origin` how browsers name it, `url` where people reach it: the origin and
    the path of the settings.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        api_endpoint: str,
        dashboard: Path | None,
    ) -> None:
        super().__init__(scope, id)
        self._place = place
        private = PrivateBucket(self, "web", place=place, resource_type="web-bucket")
        self.bucket = private.bucket
        # A broken-off copy of the dashboard is not paid for longer than this.
        S3BucketLifecycleConfiguration(self, "lifecycle", bucket=self.bucket.id, rule=[abandoned_uploads()])
        function = None if dashboard is None or place.environment.emulated else self._function()
        distribution = self._distribution(api_endpoint, function, player=dashboard is None)
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
        if dashboard is not None:
            WebFiles(self, "files", bucket=self.bucket, folder=dashboard, path=place.environment.web_path)
        self.host = distribution.domain_name
        self.origin = f"https://{place.environment.web_domain or distribution.domain_name}"
        self.url = f"{self.origin}{place.environment.web_path}"

    def _distribution(
        self, api_endpoint: str, function: CloudfrontFunction | None, *, player: bool
    ) -> CloudfrontDistribution:
        environment = self._place.environment
        answered = (*_ANSWERED, _PLAYER) if player else _ANSWERED
        # What lies under a path loses it at the edge; else the API needs no function.
        stripping = function if environment.web_path else None
        return CloudfrontDistribution(
            self,
            "distribution",
            enabled=True,
            comment=self._place.names("web-distribution"),
            aliases=[environment.web_domain] if environment.web_domain else None,
            default_root_object="index.html",
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class=environment.web_price_class,
            origin=[self._files(), _api(api_endpoint)],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id=_FILES,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=_CACHING,
                response_headers_policy_id=self._headers(),
                function_association=None if function is None else [_associated(function)],
                compress=True,
            ),
            ordered_cache_behavior=[_answered(f"{environment.web_path}{each}", stripping) for each in answered],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            viewer_certificate=_certificate(environment),
        )

    def _files(self) -> CloudfrontDistributionOrigin:
        control = CloudfrontOriginAccessControl(
            self,
            "access-control",
            name=self._place.names("web-access"),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        return CloudfrontDistributionOrigin(
            origin_id=_FILES,
            domain_name=self.bucket.bucket_regional_domain_name,
            origin_access_control_id=control.id,
        )

    def _function(self) -> CloudfrontFunction:
        return CloudfrontFunction(
            self,
            "function",
            name=self._place.names("web-function"),
            runtime="cloudfront-js-2.0",
            publish=True,
            code=edge_code(self._place.environment.web_path),
        )

    def _headers(self) -> str:
        """The same rules as where the API shows the dashboard; its id."""
        if self._place.environment.emulated:
            return _SECURITY_HEADERS
        place = self._place
        stores = [
            f"https://{bucket_name(place, each)}.s3.{place.region}.amazonaws.com"
            for each in (MEDIA_BUCKET, RESULTS_BUCKET)
        ]
        return CloudfrontResponseHeadersPolicy(
            self,
            "headers",
            name=place.names("web-headers"),
            security_headers_config=_security_headers(policy(stores)),
        ).id


def edge_code(path: str) -> str:
    """The function's code for a dashboard under `path`, empty for the root of its origin."""
    pages = "|".join(re.sub(r"\{\w+\}", "[^/]+", each.removeprefix("/")) for each in PAGES)
    answered = "|".join(each.removeprefix("/").removesuffix("*") for each in _ANSWERED)
    code = _FUNCTION.read_text(encoding="utf-8").replace('"__PREFIX__"', json.dumps(path))
    return code.replace("__PAGE__", _pattern(f"({pages})/?$")).replace("__ANSWERED__", _pattern(f"({answered})"))


def _pattern(text: str) -> str:
    return rf"^\/{text.replace('/', chr(92) + '/').replace('.', chr(92) + '.')}"


def _security_headers(content: str) -> CloudfrontResponseHeadersPolicySecurityHeadersConfig:
    return CloudfrontResponseHeadersPolicySecurityHeadersConfig(
        content_security_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy(
            content_security_policy=content, override=True
        ),
        content_type_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions(override=True),
        frame_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions(
            frame_option="DENY", override=True
        ),
        referrer_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy(
            referrer_policy="no-referrer", override=True
        ),
        strict_transport_security=CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity(
            access_control_max_age_sec=ONLY_TLS_SECONDS, include_subdomains=True, override=True
        ),
    )


def _certificate(environment: Environment) -> CloudfrontDistributionViewerCertificate:
    if not environment.web_domain:
        # CloudFront's own name comes with its own certificate and TLS settings.
        return CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True)
    return CloudfrontDistributionViewerCertificate(
        acm_certificate_arn=environment.web_certificate_arn,
        minimum_protocol_version="TLSv1.2_2021",
        ssl_support_method="sni-only",
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


def _associated(function: CloudfrontFunction) -> CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation:
    return CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation(
        event_type="viewer-request", function_arn=function.arn
    )


def _answered(pattern: str, function: CloudfrontFunction | None) -> CloudfrontDistributionOrderedCacheBehavior:
    stripping = function and CloudfrontDistributionOrderedCacheBehaviorFunctionAssociation(
        event_type="viewer-request", function_arn=function.arn
    )
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
        function_association=[stripping] if stripping else None,
        compress=True,
    )

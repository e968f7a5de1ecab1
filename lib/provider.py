"""Which AWS: the real one, or an endpoint on this machine that emulates it."""

from __future__ import annotations

from typing import Any, Final

from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from lib.place import Place

# An emulator answers what it lacks with an error that the provider would otherwise try 25 times.
_EMULATED: Final[dict[str, Any]] = {
    "access_key": "local",
    "secret_key": "local",
    "max_retries": 3,
    "s3_use_path_style": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_region_validation": True,
}


def provider(scope: Construct, place: Place) -> AwsProvider:
    """Everything is tagged with the environment that it belongs to."""
    tags = {"Project": "video-pipeline", "Environment": place.names.suffix}
    extra = _EMULATED if place.environment.emulated else {}
    return AwsProvider(
        scope, "aws", region=place.environment.region, default_tags=[AwsProviderDefaultTags(tags=tags)], **extra
    )

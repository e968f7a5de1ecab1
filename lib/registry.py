"""Where the worker's images lie."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from lib.place import Place
from video_pipeline.topology import PROCESSOR_REPOSITORY

# Enough to go back to, at 10 cents a GB and month.
_KEPT = 10


class Registry(Construct):
    """The repository of the worker's images: scanned, never overwritten, old ones removed."""

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        repository = EcrRepository(
            self,
            "repository",
            name=place.names(PROCESSOR_REPOSITORY),
            image_tag_mutability="IMMUTABLE",
            force_delete=True,
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="AES256")],
        )
        rule = {
            "rulePriority": 1,
            "description": f"the newest {_KEPT}",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT},
            "action": {"type": "expire"},
        }
        EcrLifecyclePolicy(self, "lifecycle", repository=repository.name, policy=json.dumps({"rules": [rule]}))
        self.url = repository.repository_url

"""The database's schema as a part of the deployment."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lambda_invocation import LambdaInvocation
from constructs import Construct

from lib.function import LambdaFunction

MIGRATIONS = Path(__file__).parent.parent / "video_pipeline" / "store" / "migrations"


class Migrations(Construct):
    """Invokes the administration function whenever a migration was added; a failing one fails the deployment."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: LambdaFunction,
        after: list[ITerraformDependable],
    ) -> None:
        super().__init__(scope, id)
        self.resource = LambdaInvocation(
            self,
            "invocation",
            function_name=function.name,
            input=json.dumps({"do": "migrate"}),
            triggers={"migrations": fingerprint()},
            depends_on=[function.resource, *after],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=False),
        )


def fingerprint(folder: Path = MIGRATIONS) -> str:
    """Changes with every migration."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.sql")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

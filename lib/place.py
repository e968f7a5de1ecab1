"""Where a construct stands: whose account, which region, which environment."""

from __future__ import annotations

from dataclasses import dataclass

from lib.environments import Environment
from lib.naming import Names


@dataclass(frozen=True)
class Place:
    """`account`, `region` and `partition` may be Terraform's own expressions."""

    names: Names
    environment: Environment
    account: str
    region: str
    partition: str

    def arn(self, service: str, resource: str) -> str:
        """Of a resource in this account and region that is made elsewhere, or only named."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

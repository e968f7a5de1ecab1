"""How a deployed stack describes itself to those who use it from outside: a JSON document without any secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Deployment(BaseModel):
    """The SSM parameter `deployment-{suffix}`. The stack writes exactly these fields.

    `public_url` is where people reach the installation, `api_url` the API itself; `functions` are names by unit,
    `secrets` ARNs by resource type, `reindexing_machine` the ARN of the state machine; `web_bucket` holds
    the dashboard.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    suffix: str
    region: str
    api_url: str
    public_url: str
    media_bucket: str
    results_bucket: str
    web_bucket: str = ""
    database_cluster: str
    processing_cluster: str
    processor_service: str
    functions: dict[str, str]
    secrets: dict[str, str]
    reindexing_machine: str

"""Whether anybody is at home."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.base import ResponseModel

router = APIRouter(tags=["health"])


class Health(ResponseModel):
    status: Literal["ok"] = "ok"


@router.get("/healthz", summary="Whether the API and its database answer")
def check_health(deps: Deps) -> Health:
    """503 while the database does not answer. Needs no key."""
    deps.ledger.ping()
    return Health()

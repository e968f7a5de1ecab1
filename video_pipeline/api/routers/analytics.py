"""How it is used."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.analytics import AnalyticsResponse
from video_pipeline.api.models.filters import DaysQuery

router = APIRouter(tags=["analytics"])
_SHOWN: Final = 50


@router.get("/analytics", summary="Questions, unanswered ones, videos and jobs, day by day, and why jobs failed")
def get_analytics(deps: Deps, wanted: Annotated[DaysQuery, Query()]) -> AnalyticsResponse:
    """Of the last 30 days unless asked otherwise; at most 400."""
    first, last = wanted.days()
    analytics = deps.ledger.analytics
    return AnalyticsResponse.of(
        analytics.days(first, last),
        analytics.failures(first, last, limit=_SHOWN),
        analytics.unanswered(first, last, limit=_SHOWN),
    )

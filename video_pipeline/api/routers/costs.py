"""What paid services took."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from video_pipeline import layout
from video_pipeline.api.dependencies import ApiDependencies, Deps
from video_pipeline.api.models.costs import Budget, CostLine, CostsResponse, JobCosts, Stored, by_day
from video_pipeline.api.problems import refusals
from video_pipeline.errors import BadInput
from video_pipeline.model import Job

router = APIRouter(tags=["costs"])


def _written_out(value: object) -> object:
    """Otherwise a number would be taken for seconds since 1970."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("is not a day written as YYYY-MM-DD")
    return value


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_written_out)]
_USUAL_DAYS: Final = 30
_MOST_DAYS: Final = 366


@router.get("/costs", summary="What paid services took, by day and model")
def get_costs(
    deps: Deps,
    date_from: Annotated[Day | None, Query(description="The first day (UTC); 30 days back.")] = None,
    date_to: Annotated[Day | None, Query(description="The last day (UTC); today.")] = None,
) -> CostsResponse:
    """Tokens, minutes of sound and calls, with what they cost by the price list. Storage is what is kept now."""
    last = date_to or datetime.now(UTC).date()
    first = date_from or _back(last)
    if first > last or (last - first).days >= _MOST_DAYS:
        raise BadInput(
            "date_range_impossible",
            f"There are no days to count from {first} to {last}.",
            hint=f"date_from is not after date_to, and there are at most {_MOST_DAYS} days.",
        )
    days = by_day(deps.ledger.spending.days(first, last))
    films, size = deps.ledger.spending.stored()
    prices = deps.purse.prices
    return CostsResponse(
        prices_as_of=prices.as_of,
        usd=round(sum(day.usd for day in days), 6),
        days=days,
        storage=Stored(films=films, bytes=size, usd_a_month=round(prices.storage(size), 6)),
        budget=Budget(**deps.purse.state()._asdict()),
    )


@router.get("/jobs/{job_id}/costs", summary="What a job has cost so far, and what it keeps", responses=refusals(404))
def get_job_costs(job_id: UUID, deps: Deps) -> JobCosts:
    job = deps.ledger.jobs.get(job_id)
    spent = deps.ledger.spending.of_job(job_id)
    size = _stored(job, deps)
    return JobCosts(
        job_id=job_id,
        usd=round(sum(each.usd for each in spent), 8),
        lines=[CostLine.of(each) for each in spent],
        stored_bytes=size,
        stored_usd_a_month=round(deps.purse.prices.storage(size), 6),
    )


def _stored(job: Job, deps: ApiDependencies) -> int:
    """In bytes. Nothing is kept before the film was identified, nor once it is erased."""
    video = deps.ledger.videos.by_ids([job.video_id]).get(job.video_id) if job.video_id else None
    if video is None:
        return 0
    prefixes = layout.results_prefixes(video.id)
    made = sum(each.size for prefix in prefixes for each in deps.objects.under(deps.results_bucket, prefix))
    return made + (job.source.size or 0)


def _back(last: date) -> date:
    return date.min if last.toordinal() <= _USUAL_DAYS else last - timedelta(days=_USUAL_DAYS - 1)

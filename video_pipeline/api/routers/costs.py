"""What paid services took."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from video_pipeline import layout
from video_pipeline.api.dependencies import ApiDependencies, Deps
from video_pipeline.api.models.costs import Budget, CostLine, CostsResponse, JobCosts, Stored, by_day
from video_pipeline.api.models.filters import DaysQuery
from video_pipeline.api.problems import refusals
from video_pipeline.model import Job

router = APIRouter(tags=["costs"])


@router.get("/costs", summary="What paid services took, by day and model")
def get_costs(deps: Deps, wanted: Annotated[DaysQuery, Query()]) -> CostsResponse:
    """Tokens, minutes of sound and calls, with what they cost by the price list. Storage is what is kept now.

    Of the last 30 days unless asked otherwise; at most 400.
    """
    first, last = wanted.days()
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

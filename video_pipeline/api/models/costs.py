"""What paid services took, as people and programs see it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from video_pipeline.api.models.base import ResponseModel
from video_pipeline.model import Spent


class CostLine(ResponseModel):
    """All calls of one model together."""

    service: Literal["embedding", "language", "transcription"]
    model: str = Field(examples=["text-embedding-3-small"])
    calls: int
    input_tokens: int
    output_tokens: int
    minutes: float = Field(description="Of sound.")
    usd: float
    unpriced: int = Field(description="Calls of which the price list knows no price; they are not in `usd`.")

    @classmethod
    def of(cls, spent: Spent) -> Self:
        shared = spent.model_dump(include={"service", "model", "calls", "input_tokens", "output_tokens", "unpriced"})
        return cls(**shared, minutes=round(spent.seconds / 60, 3), usd=round(spent.usd, 8))


class JobCosts(ResponseModel):
    job_id: UUID
    usd: float
    lines: list[CostLine]
    stored_bytes: int = Field(description="Of the film and of what was made from it, as far as it lies here now.")
    stored_usd_a_month: float


class DayCosts(ResponseModel):
    day: date
    usd: float
    lines: list[CostLine]


class Stored(ResponseModel):
    films: int
    bytes: int
    usd_a_month: float


class Budget(ResponseModel):
    """`resumes_at`: when more may be paid, if today's is spent."""

    usd_a_day: float | None = Field(description="Null: no limit.")
    spent_today: float
    resumes_at: datetime | None


class CostsResponse(ResponseModel):
    currency: Literal["USD"] = "USD"
    prices_as_of: str
    usd: float
    days: list[DayCosts] = Field(description="The latest first; days on which nothing was paid are left out.")
    storage: Stored
    budget: Budget


def by_day(spent: Iterable[Spent]) -> list[DayCosts]:
    """In the order in which the days come."""
    days: dict[date, list[Spent]] = {}
    for each in spent:
        if each.day is not None:
            days.setdefault(each.day, []).append(each)
    return [
        DayCosts(day=day, usd=round(sum(each.usd for each in some), 6), lines=[CostLine.of(each) for each in some])
        for day, some in days.items()
    ]

"""What lists can be narrowed to, as parameters of a query."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from video_pipeline.api.models.base import Plain, one_of
from video_pipeline.errors import BadQuestion
from video_pipeline.events import WrittenDay
from video_pipeline.model import JobFilter, JobSort, JobStatus, VideoFilter, VideoSort
from video_pipeline.topology import ALL_STAGE_NAMES

_DAYS: Final = 30
_MOST_DAYS: Final = 400

StageName = Annotated[str, one_of(ALL_STAGE_NAMES), WithJsonSchema({"type": "string", "enum": [*ALL_STAGE_NAMES]})]
Text = Annotated[Plain, StringConstraints(min_length=1, max_length=200)]


class DateRange(BaseModel):
    """Days of arrival (UTC), both included."""

    model_config = ConfigDict(frozen=True)

    date_from: WrittenDay | None = Field(default=None, description="That came on this day (UTC) or later.")
    date_to: WrittenDay | None = Field(default=None, description="That came on this day (UTC) or before.")

    def check(self) -> None:
        """Raises `BadQuestion("date_range_impossible")`."""
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise BadQuestion(
                "date_range_impossible",
                f"The range ends on {self.date_to} before it begins on {self.date_from}.",
                hint="Swap the two days.",
            )


class DaysQuery(DateRange):
    """The last 30 days, or those up to `date_to`, unless it says when to begin."""

    def days(self) -> tuple[date, date]:
        """Raises `BadQuestion` date_range_impossible or date_range_too_long."""
        self.check()
        last = self.date_to or max(datetime.now(UTC).date(), self.date_from or date.min)
        first = self.date_from or _days_before(last)
        if (last - first).days >= _MOST_DAYS:
            raise BadQuestion(
                "date_range_too_long", f"The range has more than {_MOST_DAYS} days.", hint="Ask for less."
            )
        return first, last


def _days_before(last: date) -> date:
    return last - timedelta(min(_DAYS - 1, (last - date.min).days))


class JobQuery(DateRange):
    status: list[JobStatus] = Field(default=[], max_length=4, description="In this state; several may be named.")
    stage: StageName | None = Field(default=None, description="Now in this stage, or ended in it.")
    video_id: UUID | None = Field(default=None, description="About this video.")
    code: Text | None = Field(default=None, description="Failed for this reason.", examples=["media_unreadable"])
    q: Text | None = Field(default=None, description="With this in their title or file name, in any letter case.")
    sort: JobSort = Field(default="-created_at", description="`-` puts the newest first.")

    def wanted(self) -> JobFilter:
        self.check()
        return JobFilter(
            statuses=tuple(dict.fromkeys(self.status)),
            stage=self.stage,
            video_id=self.video_id,
            code=self.code,
            text=self.q,
            date_from=self.date_from,
            date_to=self.date_to,
        )


class VideoQuery(DateRange):
    """Days of recording, or of arrival where nobody knows."""

    date_from: WrittenDay | None = Field(default=None, description="Of this day or later.")
    date_to: WrittenDay | None = Field(default=None, description="Of this day or before.")
    q: Text | None = Field(default=None, description="With this in their title or file name, in any letter case.")
    language: Text | None = Field(default=None, description="In this language: `en` finds `en-GB` too.")
    indexed: bool | None = Field(default=None, description="True: those that can be asked about.")
    sort: VideoSort = Field(default="-created_at", description="`-` puts the newest, last or longest first.")

    def wanted(self) -> VideoFilter:
        self.check()
        return VideoFilter(
            text=self.q,
            language=self.language,
            indexed=self.indexed,
            date_from=self.date_from,
            date_to=self.date_to,
        )

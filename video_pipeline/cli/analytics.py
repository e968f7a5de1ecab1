"""`video-pipeline analytics`: how the system is used, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from video_pipeline.cli.console import line, say, say_json, say_table
from video_pipeline.cli.jobs import From, Json, To
from video_pipeline.cli.system import system_of

if TYPE_CHECKING:
    from video_pipeline.client.documents import Analytics, Counts

_HEAD = ("DAY", "QUESTIONS", "UNANSWERED", "MS (P50)", "MS (P95)", "VIDEOS", "HOURS", "JOBS DONE", "FAILED")


def analytics(context: typer.Context, date_from: From = None, date_to: To = None, as_json: Json = False) -> None:
    """Show questions, unanswered ones, videos and jobs by day (UTC), and what the videos do not answer.

    Of the last 30 days unless told otherwise. Days on which nothing happened are left out.
    """
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.analytics(date_from, date_to)
    if as_json:
        say_json(found)
    else:
        _tell(found)


def _tell(found: Analytics) -> None:
    rows = [
        (day["date"], *_counts(day, day["answer_ms_median"], day["answer_ms_p95"]))
        for day in found["days"]
        if any((day["questions"], day["videos"], day["jobs_completed"], day["jobs_failed"]))
    ]
    say_table(_HEAD, [*rows, ("all", *_counts(found["totals"], None, None))])
    if found["unanswered"]:
        say()
        say("Not answered:")
    for each in found["unanswered"]:
        say(f"{each['times']:5} x {line(each['query'])}")


def _counts(counts: Counts, median: int | None, slow: int | None) -> tuple[object, ...]:
    return (
        counts["questions"],
        counts["unanswered"],
        "" if median is None else median,
        "" if slow is None else slow,
        counts["videos"],
        f"{counts['video_seconds'] / 3600:.1f}",
        counts["jobs_completed"],
        counts["jobs_failed"],
    )

"""`video-pipeline jobs` and `video-pipeline videos`: what was ingested, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from video_pipeline.cli.console import clean, clock, coloured, line, moment, say, say_json, say_table
from video_pipeline.cli.exits import FAILED, OK
from video_pipeline.cli.system import system_of

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Most = Annotated[int, typer.Option(min=1, help="The most to list.")]


def jobs(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="Show this one with its timeline.")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="S", help="Only queued, processing, completed or failed ones.")
    ] = None,
    limit: Most = 50,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the job ID to its end first.")] = False,
    as_json: Json = False,
) -> None:
    """List jobs, or show one with its timeline.

    The newest come first.
    """
    from video_pipeline.cli.api import api_of

    code = _followed(context, job_id, as_json=as_json) if job_id and wait else OK
    with api_of(system_of(context)) as api:
        found: Any = api.get(f"status/{_part(job_id)}") if job_id else api.items("jobs", limit, status=status)
    if as_json:
        say_json(found)
    elif job_id:
        _say_job(found)
    else:
        _say_jobs(found)
    if code:
        raise typer.Exit(code)


def _followed(context: typer.Context, job_id: str, *, as_json: bool) -> int:
    """Waits for the job, showing its steps; the exit code of how it ended."""
    from video_pipeline.cli.api import api_of
    from video_pipeline.cli.following import follow
    from video_pipeline.cli.progress import steps

    with api_of(system_of(context)) as api, steps(silent=as_json) as shown:
        return OK if follow(api, _part(job_id), shown)["status"] == "completed" else FAILED


def videos(context: typer.Context, limit: Most = 50, as_json: Json = False) -> None:
    """List videos, newest first."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.items("videos", limit)
    if as_json:
        say_json(found)
    elif not found:
        say("There are no videos yet.")
    else:
        say_table(("VIDEO", "LENGTH", "LANGUAGE", "ARRIVED", "TITLE"), [_video_row(each) for each in found])


def _part(text: str) -> str:
    """As one part of a path, whatever is in it."""
    from urllib.parse import quote

    return quote(text, safe="")


def _say_jobs(found: list[dict[str, Any]]) -> None:
    if not found:
        say("There are no such jobs.")
        return
    rows = [
        (
            each["job_id"],
            each["status"],
            f"{each['progress']:.0%}",
            each["current_stage"],
            moment(each["created_at"]),
            each.get("title") or each.get("filename") or "",
        )
        for each in found
    ]
    say_table(("JOB", "STATUS", "DONE", "STAGE", "CREATED", "TITLE"), rows, status=1)


def _say_job(job: Mapping[str, Any]) -> None:
    say(f"job:     {clean(job['job_id'])}")
    say(f"title:   {line(job.get('title') or job.get('filename') or '')}")
    say(f"status:  {coloured(str(job['status']))}, {job['progress']:.0%}, {clean(job['current_stage'])}")
    say(f"created: {moment(job['created_at'])}")
    if job.get("video_id"):
        say(f"video:   {clean(job['video_id'])}")
    for text in job.get("notes") or ():
        say(f"note:    {line(text)}")
    if job.get("error"):
        say(f"error:   {_reason(job['error'])}")
    if job["stages"]:
        say()
        head = ("STAGE", "TRY", "STATUS", "STARTED", "SECONDS", "ERROR")
        say_table(head, [_stage_row(each) for each in job["stages"]], status=2)


def _stage_row(stage: Mapping[str, Any]) -> tuple[object, ...]:
    error = stage.get("error")
    return (
        stage["stage"],
        stage["attempt"],
        stage["status"],
        moment(stage["started_at"]),
        _lasted(stage["started_at"], stage.get("finished_at")),
        _reason(error) if error else "",
    )


def _video_row(video: Mapping[str, Any]) -> tuple[object, ...]:
    length = clock(video["duration"]) if video.get("duration") is not None else ""
    return (video["id"], length, video.get("language") or "", moment(video["created_at"]), video["title"])


def _lasted(started: str, finished: str | None) -> str:
    from datetime import datetime

    if not finished:
        return ""
    return f"{(datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds():.1f}"


def _reason(error: Mapping[str, Any]) -> str:
    return line(f"{error.get('message', '')} {error.get('hint') or ''} [{error.get('code', '')}]")

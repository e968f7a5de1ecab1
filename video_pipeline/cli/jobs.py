"""`video-pipeline jobs` and `video-pipeline videos`: what was ingested, how it went, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from video_pipeline.cli.console import clean, clock, coloured, line, moment, note, say, say_json, say_table
from video_pipeline.cli.exits import FAILED, OK
from video_pipeline.cli.system import system_of
from video_pipeline.errors import Conflict, NotFound

if TYPE_CHECKING:
    from video_pipeline.client import Client
    from video_pipeline.client.documents import Error, Job, JobWithStages, Match, Stage, Video

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Most = Annotated[int, typer.Option(min=1, help="The most to list.")]
Text = Annotated[str | None, typer.Option(metavar="WORDS", help="With this in their title or file name.")]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="From this day on, like 2026-01-31 (UTC).")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Up to this day.")]
Sort = Annotated[str | None, typer.Option(metavar="KEY", help="Like created_at, or -created_at for the newest first.")]
JobId = Annotated[str, typer.Argument(metavar="ID", help="As `jobs` shows it.")]
_LIST: Final = "list"


class Jobs(TyperGroup):
    """What names no command is about the list, so that `jobs` alone, or `jobs ID`, is enough."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else [_LIST, *args])


app = typer.Typer(cls=Jobs, help="List jobs, show one, end one, begin one again.", rich_markup_mode=None)


@app.command(_LIST)
def list_jobs(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="Show this one with its timeline.")] = None,
    status: Annotated[
        list[str] | None, typer.Option(metavar="S", help="Only queued, processing, completed or failed ones.")
    ] = None,
    text: Text = None,
    date_from: From = None,
    date_to: To = None,
    sort: Sort = None,
    limit: Most = 50,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the job ID to its end first.")] = False,
    as_json: Json = False,
) -> None:
    """List jobs, or show one with its timeline.

    The newest come first. `jobs cancel ID`, `jobs retry ID` and `jobs rerun ID --from STAGE` end one or begin it again.
    """
    from video_pipeline.cli.api import api_of

    code = _followed(context, job_id, as_json=as_json) if job_id and wait else OK
    with api_of(system_of(context)) as api:
        if job_id:
            _tell_job(api.job(job_id), as_json=as_json)
        else:
            found = api.jobs(limit, status=status, text=text, date_from=date_from, date_to=date_to, sort=sort)
            _tell_jobs(found, as_json=as_json)
    if code:
        raise typer.Exit(code)


@app.command()
def cancel(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """End a job: it has failed then, with the reason `cancelled`.

    A worker stops at its next heartbeat or step.
    """
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        _tell_wish("cancelled", api.cancel(job_id), as_json=as_json)


@app.command()
def retry(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="As `jobs` shows it.")] = None,
    failed_for: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Instead of ID: all that failed for this, like openai_key_refused."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most to try again, the oldest first.")] = 1000,
    as_json: Json = False,
) -> None:
    """Try a failed job again, at the stage where it failed; or all whose reason is mended by now."""
    from video_pipeline.cli.api import api_of

    if (job_id is None) == (failed_for is None):
        raise typer.BadParameter("name a job, or a reason with --failed-for.", param_hint="ID")
    with api_of(system_of(context)) as api:
        if job_id:
            _tell_wish("tried again", api.retry(job_id), as_json=as_json)
            return
        failed = api.jobs(limit, status="failed", code=failed_for, sort="created_at")
        again = [job for each in failed if (job := _retried(api, each["job_id"]))]
    if as_json:
        say_json(again)
    else:
        say(f"tried again: {len(again)} of {len(failed)}")


def _retried(api: Client, job_id: str) -> Job | None:
    """None for one that somebody else has begun again, or that is gone."""
    try:
        return api.retry(job_id)
    except (Conflict, NotFound) as error:
        note(f"{job_id}: {error}")
        return None


@app.command()
def rerun(
    context: typer.Context,
    job_id: JobId,
    stage: Annotated[
        str, typer.Option("--from", metavar="STAGE", help="fetch, chunk, embed, or another that the timeline shows.")
    ] = "fetch",
    as_json: Json = False,
) -> None:
    """Run a finished job again from a stage; what it made stays in use until it is replaced."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        _tell_wish("run again", api.rerun(job_id, stage), as_json=as_json)


def _tell_wish(what: str, job: Job, *, as_json: bool) -> None:
    if as_json:
        say_json(job)
    else:
        say(f"{what}: {clean(job['job_id'])} ({clean(job['status'])}, {clean(job['current_stage'])})")


def _followed(context: typer.Context, job_id: str, *, as_json: bool) -> int:
    """Waits for the job, showing its steps; the exit code of how it ended."""
    from video_pipeline.cli.api import api_of
    from video_pipeline.cli.following import follow
    from video_pipeline.cli.progress import steps

    with api_of(system_of(context)) as api, steps(silent=as_json) as shown:
        return OK if follow(api, job_id, shown)["status"] == "completed" else FAILED


def videos(
    context: typer.Context,
    text: Text = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="In this language, like en.")] = None,
    date_from: From = None,
    date_to: To = None,
    sort: Annotated[
        str | None, typer.Option(metavar="KEY", help="created_at, title or duration; - before it turns it round.")
    ] = None,
    limit: Most = 50,
    as_json: Json = False,
) -> None:
    """List videos, newest first."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.videos(limit, text=text, language=language, date_from=date_from, date_to=date_to, sort=sort)
    if as_json:
        say_json(found)
    elif not found:
        say("There are no videos yet." if not (text or language or date_from or date_to) else "There are none.")
    else:
        say_table(("VIDEO", "LENGTH", "LANGUAGE", "ARRIVED", "TITLE"), [_video_row(each) for each in found])


def search(
    context: typer.Context,
    video_id: Annotated[str, typer.Argument(metavar="VIDEO", help="As `videos` shows it.")],
    words: Annotated[str, typer.Argument(metavar="WORDS", help="As they are said; the last may be unfinished.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="The most places to show.")] = 50,
    as_json: Json = False,
) -> None:
    """Find where something is said in one video."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.search_transcript(video_id, words, limit=limit)
    if as_json:
        say_json(found)
        return
    for each in found["items"]:
        say(f"{clock(each['start'])}  {_marked(each)}")
    rest = found["total"] - len(found["items"])
    note(f"{rest} more." if rest else f"{found['total']} in all.")


def _marked(match: Match) -> str:
    """The words between brackets, in what is said around them."""
    text, first, last = match["text"], match["highlight_start"], match["highlight_end"]
    return line(f"{text[:first]}[{text[first:last]}]{text[last:]}")


def _tell_jobs(found: list[Job], *, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
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
            each["title"] or each["filename"],
        )
        for each in found
    ]
    say_table(("JOB", "STATUS", "DONE", "STAGE", "CREATED", "TITLE"), rows, status=1)


def _tell_job(job: JobWithStages, *, as_json: bool) -> None:
    if as_json:
        say_json(job)
        return
    say(f"job:     {clean(job['job_id'])}")
    say(f"title:   {line(job['title'] or job['filename'])}")
    say(f"status:  {coloured(str(job['status']))}, {job['progress']:.0%}, {clean(job['current_stage'])}")
    say(f"created: {moment(job['created_at'])}")
    if job["video_id"]:
        say(f"video:   {clean(job['video_id'])}")
    for text in job["notes"]:
        say(f"note:    {line(text)}")
    if job["error"]:
        say(f"error:   {_reason(job['error'])}")
    if job["stages"]:
        say()
        head = ("STAGE", "TRY", "STATUS", "STARTED", "SECONDS", "ERROR")
        say_table(head, [_stage_row(each) for each in job["stages"]], status=2)


def _stage_row(stage: Stage) -> tuple[object, ...]:
    return (
        stage["stage"],
        stage["attempt"],
        stage["status"],
        moment(stage["started_at"]),
        _lasted(stage["started_at"], stage["finished_at"]),
        _reason(stage["error"]) if stage["error"] else "",
    )


def _video_row(video: Video) -> tuple[object, ...]:
    length = clock(video["duration"]) if video["duration"] is not None else ""
    return (video["id"], length, video["language"] or "", moment(video["created_at"]), video["title"])


def _lasted(started: str, finished: str | None) -> str:
    from datetime import datetime

    if not finished:
        return ""
    return f"{(datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds():.1f}"


def _reason(error: Error) -> str:
    return line(f"{error['message']} {error['hint']} [{error['code']}]")

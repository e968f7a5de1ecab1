"""`video-pipeline ingest`: a video goes in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from video_pipeline.cli.console import clean, say, say_json
from video_pipeline.cli.exits import FAILED, OK
from video_pipeline.cli.progress import Steps, steps
from video_pipeline.cli.system import System, system_of
from video_pipeline.errors import Misconfigured

if TYPE_CHECKING:
    from video_pipeline.cli.wishes import Sent, Wishes

Via = Literal["upload", "stream", "event"]
S3: Final = "s3://"


def ingest(
    context: typer.Context,
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="A video or audio file, or an object (s3://bucket/key).")
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead of PATH: a transcript without its film (WebVTT, SRT or JSON)."),
    ] = None,
    captions: Annotated[str | None, typer.Option(metavar="FILE", help="WebVTT or SRT file that belongs to it.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its title; else its name.")] = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="What is spoken, like en or de-DE.")] = None,
    recorded_on: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="The day it was recorded.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="K=V", help="Anything to keep with it.")] = None,
    via: Annotated[
        Via | None,
        typer.Option(help="upload: through the API. event: as an object and an event. stream: raw, through Kinesis."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it can be asked about.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Ingest a video or audio file, an object in S3, or a transcript alone.

    A file goes --via upload unless told otherwise, an object --via event.
    """
    from video_pipeline.cli.wishes import Wishes

    wishes = Wishes(title, language, recorded_on, pairs(metadata or []), captions)
    system = system_of(context)
    with steps(silent=as_json) as shown:
        if transcript is not None:
            sent = _send_transcript(system, transcript, wishes, alone=path is None and via is None)
        elif path is not None:
            sent = _send(system, path, via, wishes, shown)
        else:
            raise typer.BadParameter("name a file, an object, or a --transcript.", param_hint="PATH")
    if not as_json:
        _say_sent(sent)
    elif not wait:
        say_json(sent.facts)
    if wait:
        raise typer.Exit(_wait(system, sent, as_json=as_json))


def _send(system: System, path: str, via: Via | None, wishes: Wishes, shown: Steps) -> Sent:
    from video_pipeline.cli import send_event, send_segments, send_upload
    from video_pipeline.cli.files import MediaFile

    wishes.described()
    if path.startswith(S3):
        if via not in (None, "event"):
            raise typer.BadParameter("an object in S3 goes in by an event.", param_hint="--via")
        return send_event.of_object(system, path, wishes)
    file = MediaFile.at(Path(path))
    if via == "event":
        return send_event.of_file(system, file, wishes, shown)
    if via == "stream":
        if wishes.captions:
            raise typer.BadParameter("captions can't go with --via stream.", param_hint="--captions")
        return send_segments.send(system, file, wishes, shown)
    return send_upload.send(system, file, wishes, shown)


def _send_transcript(system: System, file: Path, wishes: Wishes, *, alone: bool) -> Sent:
    from video_pipeline.cli import send_transcript

    if not alone or wishes.captions:
        message = "goes in by itself: no PATH, --captions or --via with it."
        raise typer.BadParameter(message, param_hint="--transcript")
    return send_transcript.send(system, file, wishes)


def _wait(system: System, sent: Sent, *, as_json: bool) -> int:
    from video_pipeline.cli.api import api_of
    from video_pipeline.cli.following import follow, say_end

    if sent.job_id is None:
        message = "The job's id can't be foretold, because the object may not be read from here."
        raise Misconfigured("job_unknown", message, hint="Look at `video-pipeline jobs`.")
    with api_of(system) as api, steps(silent=as_json) as shown:
        job = follow(api, sent.job_id, shown)
    if as_json:
        say_json(sent.facts | job)
        return OK if job["status"] == "completed" else FAILED
    return say_end(job)


def _say_sent(sent: Sent) -> None:
    for name, value in (("object", sent.uri), ("sha256", sent.sha256), ("job", sent.job_id)):
        if value:
            say(f"{name}: {clean(value)}")


def pairs(given: list[str]) -> dict[str, str]:
    """`K=V` each."""
    found = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(f"{each!r} is not like K=V.", param_hint="--metadata")
        found[key.strip()] = value
    return found

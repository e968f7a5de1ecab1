"""`video-pipeline summary`: what a video is about, in the form that is wanted."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from video_pipeline.cli.console import clean, line, note, say
from video_pipeline.cli.system import system_of
from video_pipeline.errors import BadInput, NotFound

if TYPE_CHECKING:
    from video_pipeline.client import Client


class Form(StrEnum):
    """`vtt` is the chapters."""

    MD = "md"
    JSON = "json"
    PDF = "pdf"
    DOCX = "docx"
    VTT = "vtt"


_BINARY: Final = (Form.PDF, Form.DOCX)


def summary(
    context: typer.Context,
    of: Annotated[str, typer.Argument(metavar="JOB|VIDEO", help="The id of a job, or of a video.")],
    form: Annotated[Form, typer.Option("--format", help="vtt: its chapters.")] = Form.MD,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; pdf and docx need this.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Have it summarised anew, which takes a while.")] = False,
) -> None:
    """Show what a video is about: its subjects, who said what, what is to be done.

    Every part leads to the second at which it is said.
    """
    from video_pipeline.cli.api import api_of

    if form in _BINARY and output is None and not again:
        raise BadInput("output_missing", f"A summary as {form} is not for a terminal.", hint="Name a file: --output.")
    with api_of(system_of(context)) as api:
        job_id = _job_of(api, of)
        if again:
            api.post(f"summary/{job_id}", {})
            note("ordered: the new summary takes the place of the old one when it is there")
            return
        _give(api.content(f"summary/{job_id}/summary.{form}"), form, output)


def _job_of(api: Client, named: str) -> str:
    """The job itself, or the one that made the video of this id."""
    from urllib.parse import quote

    part = quote(named, safe="")
    try:
        return str(api.get(f"status/{part}")["job_id"])
    except NotFound as unknown:
        try:
            return str(api.get(f"videos/{part}")["job_id"])
        except NotFound:
            raise NotFound("unknown_id", f"There is no job or video {line(named)}.", hint="List them.") from unknown


def _give(content: bytes, form: Form, output: Path | None) -> None:
    if output is None:
        text = content.decode()
        say(json.dumps(json.loads(text), indent=2) if form is Form.JSON else clean(text).rstrip("\n"))
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise BadInput("output_unwritable", f"{output} can't be written: {error.strerror}.") from error
    note(f"written: {output}")

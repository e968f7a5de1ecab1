"""`video-pipeline projects`: pictures and a sound become a film in the running system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from video_pipeline.cli.console import clean, coloured, line, moment, note, say, say_json, say_table
from video_pipeline.cli.exits import FAILED
from video_pipeline.cli.progress import Steps, steps
from video_pipeline.cli.system import system_of
from video_pipeline.errors import BadInput

if TYPE_CHECKING:
    from video_pipeline.client import Client
    from video_pipeline.client.documents import ProjectWithDetails

app = typer.Typer(help="Make films of pictures and a sound; list, show and remove them.", rich_markup_mode=None)
ProjectId = Annotated[str, typer.Argument(metavar="ID", help="As `projects list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@app.command()
def make(
    context: typer.Context,
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE|DIR|URL...", help="Pictures, in this order; or a manifest alone.")
    ],
    audio: Annotated[Path | None, typer.Option(metavar="FILE", help="The sound; the film is as long as it.")] = None,
    captions: Annotated[Path | None, typer.Option(metavar="FILE", help="What is said (WebVTT, SRT, ...).")] = None,
    title: Annotated[str | None, typer.Option(help="Written over the first picture.")] = None,
    shape: Annotated[str | None, typer.Option(help="Of the frame: 16:9 (if nothing says more), 9:16 or 1:1.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Make the film a video that can be asked about.")] = False,
    as_json: Json = False,
) -> None:
    """Bring pictures and a sound together, have the film made, and say where it is.

    A folder with a manifest.json brings its sound, captions and fonts, too.

    `slideshow` does the same on this machine without any system.
    """
    from video_pipeline.cli.api import api_of
    from video_pipeline.cli.project_files import given, send

    brought = given(images, audio, captions, title=title, shape=shape)
    with api_of(system_of(context)) as api, steps(silent=as_json) as shown:
        project_id = api.create_project(title, shape=shape)["project_id"]
        note(f"project: {clean(project_id)}")
        with _all_or_nothing(api, project_id):
            send(api, project_id, brought, shown)
        ordered = api.render(project_id, ask=ask)
        ended = _followed(api, ordered, shown)
        _tell(api, ended, as_json=as_json)
    if ended["state"] != "rendered":
        raise typer.Exit(FAILED)


@app.command("list")
def list_projects(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="The most to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List projects, the newest first."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.projects(limit)
    if as_json:
        say_json(found)
        return
    rows = [
        (each["project_id"], each["state"], each["images"], moment(each["expires_at"] or ""), each["title"] or "")
        for each in found
    ]
    say_table(("PROJECT", "STATE", "IMAGES", "EXPIRES", "TITLE"), rows, status=1)


@app.command()
def show(context: typer.Context, project_id: ProjectId, as_json: Json = False) -> None:
    """Show a project, where its film is, and who did what."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        _tell(api, api.project(project_id), as_json=as_json)
        if not as_json:
            trail = [(moment(each["at"]), each["who"], each["what"]) for each in api.audit_trail(project_id)]
            say()
            say_table(("AT", "WHO", "WHAT"), trail)


@app.command()
def remove(context: typer.Context, project_id: ProjectId, as_json: Json = False) -> None:
    """Remove a project and its film. A video that the film became stays."""
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        receipt = api.remove_project(project_id)
    if as_json:
        say_json(receipt)
    else:
        say(f"removed: {receipt['files']} files, {receipt['films']} films, {receipt['captions']} captions beside them")


@contextmanager
def _all_or_nothing(api: Client, project_id: str) -> Iterator[None]:
    """Nothing goes on with half a project, so it does not stay for its days either."""
    try:
        yield
    except BadInput:
        api.remove_project(project_id)
        note("nothing of it was kept")
        raise


def _followed(api: Client, project: ProjectWithDetails, shown: Steps) -> ProjectWithDetails:
    from video_pipeline.cli.following import follow

    if project["job_id"]:
        follow(api, project["job_id"], shown)
    return api.project(project["project_id"])


def _tell(api: Client, project: ProjectWithDetails, *, as_json: bool) -> None:
    if as_json:
        say_json(project)
        return
    say(f"project: {clean(project['project_id'])}")
    say(f"title:   {line(project['title'] or '')}")
    say(f"state:   {coloured(project['state'])}")
    say(f"images:  {project['images']}")
    if project["error"]:
        error = project["error"]
        reason = f"{error['message']} {error['hint']} [{error['code']}]"
        say(f"error:   {line(reason)}")
    if project["has_film"]:
        film = api.film(project["project_id"])
        say(f"film:    {film['seconds']:.2f} s, {clean(film['video_url'])}")
        if film["captions_url"]:
            say(f"track:   {clean(film['captions_url'])}")
    if project["video_job_id"]:
        say(f"video:   job {clean(project['video_job_id'])}")

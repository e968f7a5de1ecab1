"""Projects by the client and on the command line, against the API itself over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner, Result

from tests.functional.projects import pictures
from tests.unit.slideshow.typefaces import typeface
from video_pipeline.cli.app import app as commands
from video_pipeline.client import Client
from video_pipeline.errors import Conflict, NotFound, Unavailable
from video_pipeline.model import Failure, ObjectRef, ProjectFilm
from video_pipeline.ports import Claimed
from video_pipeline.projects.ordering import Ordering

RESULTS = "results-bucket-test"
Run = Callable[..., Result]


class AtOnce(Ordering):
    """Its films are there as soon as they are ordered; or fail at once, by the title that asks for it."""

    def order(self, project_id: Any, by: str, *, ask: bool = False) -> Any:
        ordered = super().order(project_id, by, ask=ask)
        jobs = self._ledger.jobs
        assert isinstance(jobs.claim(ordered.job_id, "w"), Claimed)
        if ordered.title == "Fails":
            jobs.fail(ordered.job_id, Failure(code="no_audio", message="There is no sound.", hint="Add it."))
            return ordered
        media = ObjectRef(bucket=RESULTS, key=f"videos/{project_id}_final_video.mp4")
        film = ProjectFilm(
            media=media,
            sha256="f" * 64,
            size=9,
            seconds=2.5,
            manifest=ordered.manifest_sha256,
            rendered_at=ordered.updated_at,
        )
        self._ledger.projects.rendered(project_id, film, "w")
        jobs.complete(ordered.job_id, worker="w")
        return ordered


@pytest.fixture
def client(world: Any, app: Any) -> Iterator[Client]:
    """The application of all tests, served on a free port."""
    ordering = AtOnce(world.ledger, world.deps.resummarising._publishing, media_bucket="media-bucket-test")
    app.state.dependencies = replace(world.deps, projects=replace(world.deps.projects, ordering=ordering))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    with Client(f"http://127.0.0.1:{port}/", world.key) as opened:
        yield opened
    server.should_exit = True
    thread.join()


@pytest.fixture
def run(client: Client, world: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VIDEO_PIPELINE_API_URL", client.url)
    monkeypatch.setenv("VIDEO_PIPELINE_API_KEY", world.key)
    return lambda *arguments: CliRunner().invoke(commands, ["projects", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2, 10):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.picture((200 + number, 100)))
    (tmp_path / "talk.wav").write_bytes(b"RIFF" + bytes(40))
    (tmp_path / "talk.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nShips.\n")
    return tmp_path


def test_a_program_can_make_a_project_from_its_beginning_to_its_end(client: Client, folder: Path) -> None:
    made = client.create_project("Harbour", shape="1:1")
    project_id = made["project_id"]
    client.add_image(project_id, folder / "1.jpg", query="ship", start=0, end=1.5)
    shown = client.set_audio(project_id, ("talk.wav", b"RIFF" + bytes(40), "audio/wav"))
    assert shown["manifest"]["images"][0]["end"] == 1.5
    with pytest.raises(NotFound):
        client.film(project_id)
    job_id = client.render(project_id, ask=True)["job_id"]
    with pytest.raises(Conflict, match="renders a slideshow"):
        client.rerun(job_id, "fetch")
    assert client.film(project_id)["seconds"] == 2.5
    again = client.replace_manifest(project_id, shown["manifest"] | {"title": "Port"})
    assert (again["state"], client.film(project_id)["current"]) == ("collecting", False)
    assert [each["title"] for each in client.projects()] == ["Port"]
    assert client.remove_project(project_id)["files"] == 3
    assert client.audit_trail(project_id)[0]["what"] == "created"
    with pytest.raises(NotFound):
        client.project(project_id)


def test_one_command_makes_a_film_of_a_folder(run: Run, client: Client, folder: Path) -> None:
    result = run("make", folder, "--audio", folder / "talk.wav", "--captions", folder / "talk.vtt", "--title", "Häfen")
    assert result.exit_code == 0, result.output
    assert "state:   rendered" in result.stdout
    assert "film:    2.50 s, https://" in result.stdout
    (project,) = client.projects()
    manifest = client.project(project["project_id"])["manifest"]
    names = [each["file"].partition("_")[0] for each in manifest["images"]]
    assert names == ["images/1", "images/2", "images/10"], "in the order in which people count"
    assert (manifest["timing"], manifest["title"]) == ("pauses", "Häfen")


@pytest.fixture
def told(folder: Path) -> Path:
    """A folder whose manifest tells it all."""
    (folder / "own.ttf").write_bytes(typeface("ABC "))
    manifest = {
        "title": "ABC",
        "images": [
            {"file": "10.jpg", "start": 0, "end": 1, "credit": "B", "matters": [{"x": 0.2, "y": 0.5}]},
            {"file": "1.jpg", "start": 1, "end": 2},
            {"file": "10.jpg", "start": 2, "end": 3},
        ],
        "audio": {"file": "talk.wav"},
        "captions": {"file": "talk.vtt", "show": "track"},
        "fonts": [{"file": "own.ttf"}],
        "show_credits": False,
        "crossfade": 0,
        "fps": 25,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize("named", ["", "manifest.json"])
def test_a_folder_with_a_manifest_brings_all_that_it_names(run: Run, client: Client, told: Path, named: str) -> None:
    result = run("make", told / named, "--shape", "1:1")
    assert result.exit_code == 0, result.output
    (project,) = client.projects()
    manifest = client.project(project["project_id"])["manifest"]
    names = [each["file"].partition("_")[0] for each in manifest["images"]]
    assert names == ["images/10", "images/1", "images/10"]
    assert [each["end"] for each in manifest["images"]] == [1, 2, 3]
    assert (manifest["images"][0]["credit"], manifest["images"][0]["matters"][0]["x"]) == ("B", 0.2)
    assert [each["file"].rpartition("/")[2] for each in manifest["fonts"]] == ["own.ttf"]
    assert manifest["captions"]["show"] == "track"
    said = {name: manifest[name] for name in ("title", "shape", "show_credits", "crossfade", "fps")}
    assert said == {"title": "ABC", "shape": "1:1", "show_credits": False, "crossfade": 0, "fps": 25}


def test_a_manifest_s_files_are_looked_for_before_anything_is_made(run: Run, client: Client, told: Path) -> None:
    (told / "own.ttf").unlink()
    result = run("make", told)
    assert (result.exit_code, "own.ttf, which is not there" in result.output) == (4, True)
    (told / "manifest.json").write_text('{"images": [{"file": "1.jpg"}]}')
    assert "There is no sound. Name it" in run("make", told).output
    assert "There is no sound. Name it" in run("make", told / "1.jpg").output
    assert client.projects() == []


def test_large_files_go_past_the_api_in_parts(
    client: Client, world: Any, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stored(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert "X-API-Key" not in request.headers
            if world.objects.parts.get("full"):
                return httpx.Response(507)
            return httpx.Response(200, headers={"ETag": world.objects.put_part(str(request.url), request.read())})

    plain = httpx.Client
    monkeypatch.setattr("video_pipeline.client.wire.httpx.Client", lambda **_: plain(transport=Stored()))
    monkeypatch.setattr(Client, "most_by_form", 0)
    project_id = client.create_project("Harbour")["project_id"]
    client.add_image(project_id, told / "1.jpg", credit="Ann", start=0, end=2)
    client.add_font(project_id, told / "own.ttf")
    manifest = client.set_audio(project_id, told / "talk.wav")["manifest"]
    assert (manifest["images"][0]["credit"], manifest["images"][0]["end"]) == ("Ann", 2)
    assert [bool(manifest[each]) for each in ("fonts", "audio")] == [True, True]
    world.objects.parts["full"] = {0: b""}
    with pytest.raises(Unavailable, match="did not take a part of the file"):
        client.add_image(project_id, told / "2.jpg")


def test_a_picture_that_is_refused_leaves_no_project_behind(run: Run, client: Client, folder: Path) -> None:
    (folder / "3.jpg").write_bytes(pictures.HTML)
    result = run("make", folder, "--audio", folder / "talk.wav")
    assert (result.exit_code, "3.jpg is a web page" in result.output) == (4, True)
    assert client.projects() == []


def test_a_film_that_fails_says_why_and_ends_with_a_code(run: Run, folder: Path) -> None:
    result = run("make", folder / "1.jpg", "--audio", folder / "talk.wav", "--title", "Fails")
    assert result.exit_code == 1
    assert "There is no sound. Add it. [no_audio]" in result.stdout


def test_a_file_that_is_not_there_is_said_before_anything_is_made(run: Run, client: Client, folder: Path) -> None:
    assert run("make", folder / "none.jpg", "--audio", folder / "talk.wav").exit_code == 4
    assert run("make", folder / "1.jpg", "--audio", folder / "none.wav").exit_code == 4
    assert client.projects() == []


def test_projects_are_listed_shown_and_removed(run: Run, client: Client, folder: Path) -> None:
    project_id = client.create_project("Harbour")["project_id"]
    assert project_id in run("list").stdout
    assert json.loads(run("list", "--json").stdout)[0]["project_id"] == project_id
    shown = run("show", project_id).stdout
    assert "state:   collecting" in shown
    assert "created" in shown
    assert run("remove", project_id).stdout == "removed: 1 files, 0 films, 0 captions beside them\n"
    assert run("show", project_id).exit_code == 3

"""A slideshow on one machine: pictures by address and as a file, a sound, a film, and a video that can be asked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.run import Options, System
from tests.functional.projects import pictures
from tests.functional.projects.webserver import Web, serving
from video_pipeline.client import Client

SAMPLES = Path(__file__).parents[2] / "samples"
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture
def system(web: Web) -> Iterator[System]:
    folder = Path(tempfile.mkdtemp(prefix="vp-e2e-"))
    trusted = {"IMAGE_HOSTS_TRUSTED": f'["127.0.0.1:{web.port}"]'}
    with System(Options(data=folder / "data", api_port=0, aws_port=0, sweep_seconds=1, variables=trusted)) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def test_a_project_ends_in_a_film_and_in_a_video_that_can_be_asked(system: System, web: Web) -> None:
    with Client(system.api_url, system.api_key) as api:
        project = api.create_project("Town hall", height=240, fps=24)
        project_id = project["project_id"]
        api.add_image(project_id, web.url("/good.jpg", "127.0.0.1"), query="harbour", credit="Ann")
        api.add_image(project_id, ("b.png", pictures.picture((640, 480), "PNG"), "image/png"))
        api.set_audio(project_id, SAMPLES / "town-hall.mp4")
        said = (SAMPLES / "town-hall.vtt").read_text(encoding="utf-8")
        api.set_captions(project_id, "town-hall.vtt", said, show="track", timing="pauses")

        ordered = api.render(project_id, ask=True)
        job = api.finished(ordered["job_id"], within=120)
        assert job["status"] == "completed", job
        assert [each["worker"] if "worker" in each else each["stage"] for each in job["stages"]] == ["render"]

        film = api.film(project_id)
        data = httpx.get(film["video_url"], trust_env=False).content
        assert (data[4:8], len(data), film["current"]) == (b"ftyp", film["size"], True)

        video_job = api.finished(api.project(project_id)["video_job_id"], within=120)
        assert video_job["status"] == "completed", video_job
        _asked(api, video_job)

        receipt = api.remove_project(project_id)
        assert (receipt["files"] >= 5, receipt["films"]) == (True, 1)
        assert api.audit_trail(project_id)[-1]["what"] == "removed"
        _asked(api, video_job)


def _asked(api: Client, job: Any) -> None:
    segments = api.get(f"videos/{job['video_id']}/transcript.json")["segments"]
    sentence = max((each["text"] for each in segments), key=len)
    answer = api.ask(sentence, top_k=3)
    assert job["video_id"] in {each["video_id"] for each in answer["citations"]}

"""The whole system of one machine, used as people use it; processes are killed, and nothing may be lost or doubled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config

from local.run import Options, System

SAMPLES = Path(__file__).parents[2] / "samples"
TOWN_HALL = SAMPLES / "town-hall.mp4"
SPOKEN = SAMPLES / "no-captions.mp4"
# A vanished worker's job is free again after four seconds instead of a minute.
QUICK = {"LEASE_SECONDS": "4", "HEARTBEAT_SECONDS": "1"}

pytestmark = pytest.mark.timeout(180)


class Person:
    """Somebody with an API key, an AWS CLI and the `video-pipeline` command."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.http = httpx.Client(
            base_url=f"{system.api_url}/api/v1", headers={"X-API-Key": system.api_key}, timeout=30, trust_env=False
        )
        session = boto3.session.Session("local", "local", region_name="us-east-1")
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, proxies={})
        client = {"endpoint_url": system.aws_endpoint_url, "config": config}
        self.s3 = session.client("s3", **client)
        self.kinesis = session.client("kinesis", **client)

    def close(self) -> None:
        self.http.close()
        self.s3.close()
        self.kinesis.close()

    def cli(self, *arguments: str, expect: int = 0) -> str:
        environment = {**os.environ, "VIDEO_PIPELINE_DATA": str(self.system.places.folder), "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "video_pipeline.cli", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def put(self, data: bytes | dict[str, Any], key: str = "k") -> None:
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.kinesis.put_record(StreamName="ingestion-stream-local", PartitionKey=key, Data=raw)

    def store(self, path: Path, key: str) -> str:
        self.s3.upload_file(str(path), "media-bucket-local", key)
        return f"s3://media-bucket-local/{key}"

    def jobs(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.http.get("/jobs", params={"limit": 100}).raise_for_status().json()["items"]
        return items

    def status(self, job_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get(f"/status/{job_id}").raise_for_status().json()
        return answer

    def finished(self, job_id: str) -> dict[str, Any]:
        return until(lambda: (job := self.status(job_id))["status"] in ("completed", "failed") and job)

    def ask(self, query: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post("/query", json={"query": query, **more}).raise_for_status().json()
        return answer


def until(check: Callable[[], Any], seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)
    return found


def submitted(uri: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "test",
        "type": "video.submitted",
        "subject": uri,
        "data": {"uri": uri, **data},
    }


def options(data: Path) -> Options:
    return Options(data=data, api_port=0, aws_port=0, sweep_seconds=1, variables=QUICK)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # PostgreSQL's own user must reach it, and its socket's path must be short.
    made = Path(tempfile.mkdtemp(prefix="vp-e2e-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def person(folder: Path) -> Iterator[Person]:
    with System(options(folder / "data")) as system:
        someone = Person(system)
        yield someone
        someone.close()


@pytest.fixture(scope="module")
def town_hall(person: Person) -> dict[str, Any]:
    """The sample with captions, put in by a record, five times over."""
    uri = person.store(TOWN_HALL, "films/town-hall.mp4")
    captions = person.store(TOWN_HALL.with_suffix(".vtt"), "films/town-hall.vtt")
    event = submitted(uri, title="Town hall", captions_uri=captions)
    for _ in range(5):
        person.put(event)
    [job] = until(person.jobs)
    return person.finished(job["job_id"])


def test_a_record_on_the_stream_becomes_a_completed_job_once(person: Person, town_hall: dict[str, Any]) -> None:
    assert town_hall["status"] == "completed", town_hall
    assert town_hall["progress"] == 1
    assert len(person.jobs()) == 1
    stages = {each["stage"]: each["status"] for each in town_hall["stages"]}
    assert stages["embed"] == stages["summarise"] == "completed"
    assert {"fetch", "probe", "thumbnails", "transcribe", "chunk"} <= set(stages)


def test_the_answer_quotes_the_second_at_which_it_was_said(person: Person, town_hall: dict[str, Any]) -> None:
    transcript = person.http.get(f"/videos/{town_hall['video_id']}/transcript.json").json()
    segment = max(transcript["segments"], key=lambda each: len(each["text"]))
    answer = person.ask(segment["text"], top_k=3)
    assert answer["answer"]
    citation = answer["citations"][0]
    assert citation["video_id"] == town_hall["video_id"]
    assert citation["quote"] in " ".join(each["text"] for each in transcript["segments"])
    assert segment["start"] <= citation["start"] < citation["end"] <= segment["end"] + 0.001
    assert citation["link"].endswith(f"?t={int(citation['start'])}")


def test_its_summary_quotes_what_was_said_and_leads_to_its_second(person: Person, town_hall: dict[str, Any]) -> None:
    said = person.http.get(f"/videos/{town_hall['video_id']}/transcript.json").json()["segments"]
    told = person.http.get(f"/summary/{town_hall['job_id']}").raise_for_status().json()
    quotes = [quote for block in told["time_blocks"] for quote in block["quotes"]]
    assert quotes
    for quote in quotes:
        around = [each["text"] for each in said if each["start"] <= quote["end"] and each["end"] >= quote["start"]]
        assert quote["text"] in " ".join(around)
        assert quote["link"].endswith(f"?t={int(quote['start'])}")
    pdf = person.http.get(f"/summary/{town_hall['job_id']}", headers={"Accept": "application/pdf"})
    assert pdf.content.startswith(b"%PDF")
    assert "## " in person.cli("summary", town_hall["job_id"])


def test_the_video_can_be_played_from_any_place(person: Person, town_hall: dict[str, Any]) -> None:
    playback = person.http.get(f"/videos/{town_hall['video_id']}/playback").json()
    part = httpx.get(playback["url"], headers={"Range": "bytes=100-199"}, trust_env=False)
    assert part.status_code == 206
    assert part.content == TOWN_HALL.read_bytes()[100:200]
    assert httpx.get(playback["poster_url"], trust_env=False).content[:2] == b"\xff\xd8"


def test_a_poison_record_is_put_aside_and_those_behind_it_go_through(person: Person, town_hall: dict[str, Any]) -> None:
    before = len(person.jobs())
    person.put(b"\x00 this is no event")
    person.put(submitted(person.store(SPOKEN, "films/behind-poison.mp4")))
    until(lambda: len(person.jobs()) == before + 1)
    letters = until(lambda: json.loads(person.cli("dlq", "list", "--json")))
    assert [letter["reason"]["code"] for letter in letters] == ["not_json"]
    missing = submitted("s3://media-bucket-local/films/not-there-yet.mp4")
    person.put(missing)
    letter = until(
        lambda: next(
            (
                each
                for each in json.loads(person.cli("dlq", "list", "ingest-dlq", "--json"))
                if each["reason"]["code"] == "object_missing"
            ),
            None,
        )
    )
    person.store(TOWN_HALL, "films/not-there-yet.mp4")
    person.cli("dlq", "redrive", "ingest-dlq", letter["id"])
    job = until(lambda: next((j for j in person.jobs() if "not-there-yet" in json.dumps(j)), None))
    done = person.finished(job["job_id"])
    assert done["status"] == "completed"
    assert done["video_id"] == town_hall["video_id"]
    assert any("same film" in note.lower() for note in done["notes"])


def test_raw_content_through_the_stream_arrives_as_it_was(person: Person, folder: Path) -> None:
    # The same film with other bytes behind it is another video.
    film = folder / "raw film.mp4"
    film.write_bytes(SPOKEN.read_bytes() + b"\0" * 3_000_000)
    said = person.cli("ingest", str(film), "--via", "stream", "--wait")
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    assert sha256 in said
    job = next(job for job in person.jobs() if job["status"] == "completed" and "raw film" in json.dumps(job))
    video = person.http.get(f"/videos/{job['video_id']}").json()
    assert video["sha256"] == sha256
    url = person.http.get(f"/videos/{job['video_id']}/playback").json()["url"]
    assert hashlib.sha256(httpx.get(url, trust_env=False).content).hexdigest() == sha256


def test_an_object_that_appears_in_uploads_starts_a_job_by_itself(person: Person) -> None:
    person.store(TOWN_HALL, "uploads/dropped here.mp4")
    job = until(lambda: next((j for j in person.jobs() if "dropped here" in json.dumps(j)), None))
    assert person.finished(job["job_id"])["status"] == "completed"


def test_an_upload_through_the_api_completes(person: Person, town_hall: dict[str, Any]) -> None:
    said = person.cli("ingest", str(TOWN_HALL), "--title", "Again", "--wait")
    assert town_hall["video_id"] in said


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(person: Person, folder: Path) -> None:
    film = folder / "killed.mp4"
    film.write_bytes(SPOKEN.read_bytes() + b"\0" * 777)
    job_id = json.loads(person.cli("ingest", str(film), "--json"))["job_id"]
    until(lambda: person.status(job_id)["current_stage"] == "transcribe")
    os.kill(person.system.pid("worker"), signal.SIGKILL)
    job = person.finished(job_id)
    assert job["status"] == "completed", job
    told = [(each["stage"], each["status"]) for each in job["stages"]]
    assert told.count(("transcribe", "abandoned")) == 1
    for stage in ("transcribe", "chunk", "embed", "summarise"):
        assert told.count((stage, "completed")) == 1
    videos = person.http.get("/videos", params={"limit": 100}).json()["items"]
    assert [video["id"] for video in videos].count(job["video_id"]) == 1


def test_what_is_no_video_fails_with_a_reason_that_people_understand(person: Person, folder: Path) -> None:
    text = folder / "text.mp4"
    text.write_text("this is only a text\n" * 50)
    person.cli("ingest", str(text), "--wait", expect=1)
    job = next(job for job in person.jobs() if "text.mp4" in json.dumps(job))
    assert job["error"]["code"] == "not_media"
    assert job["error"]["hint"]


def test_a_question_on_the_stream_is_answered(person: Person, town_hall: dict[str, Any]) -> None:
    event = {**submitted("q"), "type": "question.asked", "data": {"query": "When is the launch?"}}
    for _ in range(3):
        person.put(event)
    from video_pipeline.model import identifier

    question_id = identifier("question", event["id"])
    answer = until(lambda: (r := person.http.get(f"/questions/{question_id}")).status_code == 200 and r.json())
    assert answer


def test_an_erased_video_is_gone_everywhere(person: Person, folder: Path) -> None:
    film = folder / "erase me.mp4"
    film.write_bytes(TOWN_HALL.read_bytes() + b"\0" * 99)
    person.store(TOWN_HALL.with_suffix(".vtt"), "uploads/erase me.vtt")
    person.store(film, "uploads/erase me.mp4")
    job_id = until(lambda: next((j["job_id"] for j in person.jobs() if j["filename"] == film.name), None))
    video_id = person.finished(job_id)["video_id"]
    url = person.http.get(f"/videos/{video_id}/playback").json()["url"]
    receipt = person.http.delete(f"/videos/{video_id}").raise_for_status().json()
    assert receipt
    assert person.http.get(f"/videos/{video_id}").status_code == 404
    assert httpx.get(url, trust_env=False).status_code == 404
    found = person.ask("launch", top_k=50)["results"]
    assert video_id not in {each["video"]["id"] for each in found}
    # The same film under the same key comes back as a job of its own. With its captions, which
    # went too, a minute of speech need not be recognised.
    person.store(TOWN_HALL.with_suffix(".vtt"), "uploads/erase me.vtt")
    person.store(film, "uploads/erase me.mp4")
    again = until(lambda: next((j["job_id"] for j in person.jobs() if j["filename"] == film.name), None))
    assert again != job_id
    assert person.finished(again)["video_id"] == video_id
    assert person.http.get(f"/videos/{video_id}").status_code == 200


def test_after_a_restart_everything_still_answers(folder: Path, person: Person, town_hall: dict[str, Any]) -> None:
    """The last test of this file: it takes the system down, once with a hard kill."""
    before = {job["job_id"]: job["status"] for job in person.jobs()}
    os.kill(person.system.pid("aws"), signal.SIGKILL)
    person.system.stop()
    with System(options(folder / "data")) as again:
        someone = Person(again)
        assert {job["job_id"]: job["status"] for job in someone.jobs()} == before
        assert someone.ask("launch", video_id=town_hall["video_id"])["results"]
        playback = someone.http.get(f"/videos/{town_hall['video_id']}/playback").json()
        assert httpx.get(playback["url"], trust_env=False).content == TOWN_HALL.read_bytes()
        assert json.loads(someone.cli("dlq", "list", "--json"))
        job_id = json.loads(someone.cli("ingest", str(TOWN_HALL), "--json", "--wait"))["job_id"]
        assert someone.status(job_id)["video_id"] == town_hall["video_id"]
        someone.close()

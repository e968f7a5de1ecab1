"""The client against the API itself, over HTTP, and its documents against the API's description."""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_type_hints, is_typeddict
from uuid import uuid4

import pytest
import uvicorn

from video_pipeline.client import Client, documents
from video_pipeline.errors import BadInput, Conflict, NotFound, NotRunning, Unavailable

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"
# What the API calls the documents that are called otherwise here.
SCHEMAS = {
    "Error": "ErrorInfo",
    "Stage": "StageInfo",
    "Job": "JobInfo",
    "JobWithStages": "JobStatusResponse",
    "Upload": "UploadResponse",
    "Video": "VideoInfo",
    "TranscriptOrigin": "TranscriptInfo",
    "VideoWithDetails": "VideoResponse",
    "Match": "TranscriptMatch",
    "Matches": "TranscriptMatches",
    "Thumbnail": "ThumbnailInfo",
    "Playback": "PlaybackResponse",
    "Erasure": "ErasureResponse",
    "Project": "ProjectInfo",
    "ProjectWithDetails": "ProjectResponse",
    "Film": "FilmResponse",
    "Removal": "RemovalResponse",
    "Passage": "ChunkInfo",
    "Result": "ResultInfo",
    "Citation": "CitationInfo",
    "Answer": "QueryResponse",
    "KeptAnswer": "QuestionResponse",
    "Unanswered": "UnansweredInfo",
    "Queues": "QueuesResponse",
    "DeadLetter": "DeadLetterInfo",
    "DeadLetters": "DeadLettersResponse",
    "Redriven": "RedriveResponse",
    "Analytics": "AnalyticsResponse",
}
KINDS = [kind for _, kind in inspect.getmembers(documents, is_typeddict)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_of_a_document_is_one_that_the_api_always_gives(kind: type) -> None:
    schemas = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    schema = schemas[SCHEMAS.get(kind.__name__, kind.__name__)]
    given = {name for name, field in schema["properties"].items() if name in schema["required"] or "default" in field}
    # Nothing is left out of an answer, so a field with a default, null too, is always there.
    given |= {name for name, field in schema["properties"].items() if {"type": "null"} in field.get("anyOf", ())}
    assert set(get_type_hints(kind)) <= given


# ------------------------------------------------------------------------------------------ over HTTP
@pytest.fixture
def client(world: Any, app: Any) -> Iterator[Client]:
    """The application of all tests, served on a free port."""
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


def test_a_program_can_put_in_follow_ask_and_erase(world: Any, client: Client, tmp_path: Path) -> None:
    video_id = str(world.put_video("We raised the budget.", title="Board"))
    assert client.ask("What about the budget?", video_ids=[video_id])["citations"][0]["title"] == "Board"
    assert client.ask("What about the budget?", date_to="2001-01-01")["answer"] is None
    assert [each["id"] for each in client.videos(text="board", sort="title")] == [video_id]
    assert client.video(video_id)["sha256"]
    assert client.search_transcript(video_id, "budg")["total"] == 1
    assert client.transcript(video_id, "vtt") == "WEBVTT\n"
    assert client.playback(video_id, thumbnails=False)["thumbnails"] == []
    assert client.analytics()["totals"]["questions"] == 2
    assert client.erase(video_id)["status"] == "erased"
    with pytest.raises(NotFound) as raised:
        client.transcript(video_id)
    assert raised.value.code == "video_not_found"


def test_a_program_can_steer_jobs(client: Client, tmp_path: Path) -> None:
    (tmp_path / "Ä film.mp4").write_bytes(b"film")
    job_id = client.upload(tmp_path / "Ä film.mp4", title="Film", metadata={"course": "Physics"})["job_id"]
    assert client.job(job_id)["filename"] == "Ä film.mp4"
    cancelled = client.cancel(job_id)
    assert cancelled["error"]
    assert cancelled["error"]["code"] == "cancelled"
    assert [each["job_id"] for each in client.jobs(code="cancelled")] == [job_id]
    assert client.retry(job_id)["status"] == "queued"
    with pytest.raises(Conflict):
        client.rerun(job_id, "fetch")
    assert len(client.jobs(status=["queued", "failed"])) == 1


def test_a_program_can_wait_for_the_end_of_a_job(world: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = client.import_transcript("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n")["job_id"]
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            client.cancel(job_id)

    monkeypatch.setattr(client, "_sleep", sleep)
    with pytest.raises(Unavailable) as raised:
        client.finished(job_id, within=0.5)
    assert (raised.value.code, len(waited)) == ("job_unfinished", 1)
    assert client.finished(job_id)["status"] == "failed"
    assert len(waited) == 3


def test_a_program_can_look_after_queues(world: Any, client: Client) -> None:
    dead = world.queues["processing-dlq"]
    dead.send("{}")
    assert {each["name"]: each["visible"] for each in client.queues()}["processing-dlq"] == 1
    [letter] = client.dead_letters("processing-dlq")
    assert (letter["reason"]["code"], letter["source"]) == ("receives_exhausted", "processing-queue")
    [first] = client.redrive(letter["queue"], [letter["id"]])
    [again] = client.redrive(letter["queue"], [letter["id"]])
    assert (first["redriven"], again["code"]) == (True, "letter_missing")
    assert (client.dead_letters(), len(world.queues["processing-queue"].waiting)) == ([], 1)


def test_a_transcript_alone_can_be_put_in(client: Client) -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n"
    sent = client.import_transcript("a.vtt", vtt, title="Hello", language="en")
    assert client.job(sent["job_id"])["current_stage"] == "chunk"


def test_lists_go_over_as_many_pages_as_it_takes(world: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video_pipeline.client.wire._MOST_OF_A_PAGE", 2)
    for number in range(5):
        world.put_video("One.", title=f"Film {number}")
    assert [each["title"] for each in client.videos(4, sort="title")] == [f"Film {number}" for number in range(4)]
    assert len(client.videos()) == 5


def test_what_is_refused_has_the_reason_of_the_api(client: Client) -> None:
    with pytest.raises(BadInput) as raised:
        client.ask("")
    assert raised.value.code == "question_empty"
    with pytest.raises(NotFound) as missing:
        client.question(uuid4())
    assert missing.value.code == "question_not_found"


# -------------------------------------------------------------------------------------------- patience
class Busy:
    """A server that answers 429 so many times, each with `pause`, and then an empty list."""

    def __init__(self, times: int, pause: str | None) -> None:
        self.left, self.pause, self.waited = times, pause, list[float]()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        busy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                refused = busy.left > 0
                busy.left -= 1
                body = json.dumps({"code": "rate_limited"} if refused else {"items": [], "next": None}).encode()
                self.send_response(429 if refused else 200)
                if refused and busy.pause is not None:
                    self.send_header("Retry-After", busy.pause)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def videos(self) -> list[documents.Video]:
        with ThreadingHTTPServer(("127.0.0.1", 0), self.handler()) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                url = f"http://127.0.0.1:{server.server_port}"
                with Client(url, patience=30, sleep=self.waited.append) as client:
                    return client.videos()
            finally:
                server.shutdown()
                thread.join()


def test_a_client_that_asks_too_often_waits_as_long_as_it_is_told() -> None:
    busy = Busy(2, "7")
    assert (busy.videos(), busy.waited) == ([], [7.0, 7.0])


@pytest.mark.parametrize(("pause", "waited"), [("16", [16.0]), ("3600", []), (None, []), ("soon", [])])
def test_its_patience_has_an_end(pause: str | None, waited: list[float]) -> None:
    busy = Busy(9, pause)
    with pytest.raises(Unavailable) as raised:
        busy.videos()
    assert (raised.value.code, busy.waited) == ("rate_limited", waited)


def test_nobody_there_is_told_with_advice() -> None:
    with pytest.raises(NotRunning, match="Start it"):
        Client("http://127.0.0.1:9/", hint="Start it.").videos()

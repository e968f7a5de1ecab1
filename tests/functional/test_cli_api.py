"""The commands that speak to the API: what they send, what they print, and the code they end with."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from video_pipeline.cli import following
from video_pipeline.cli.app import app

JOB = "7c8f4a9e-0000-5000-8000-000000000001"
VIDEO = "7c8f4a9e-0000-5000-8000-000000000002"
STATUS = {
    "job_id": JOB,
    "status": "completed",
    "progress": 1.0,
    "current_stage": "embed",
    "error": None,
    "video_id": VIDEO,
    "title": "All hands",
    "filename": "a.mp4",
    "notes": ["There is no sound track."],
    "created_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-20T10:00:09Z",
    "stages": [
        {
            "stage": "fetch",
            "attempt": 1,
            "status": "completed",
            "started_at": "2026-11-20T10:00:01Z",
            "finished_at": "2026-11-20T10:00:02.500Z",
            "error": None,
            "detail": {},
        },
        {
            "stage": "probe",
            "attempt": 2,
            "status": "failed",
            "started_at": "2026-11-20T10:00:03Z",
            "finished_at": "2026-11-20T10:00:04Z",
            "error": {"code": "media_unreadable", "message": "It is no video.", "hint": "Send one."},
            "detail": {},
        },
    ],
}
FAILED = STATUS | {
    "status": "failed",
    "current_stage": "probe",
    "video_id": None,
    "error": {"code": "media_unreadable", "message": "It is no video.", "hint": "Send one."},
}
ANSWER = {
    "query": "What?",
    "answer": "Ask what you can do [1].",
    "engine": "extractive",
    "conversation_id": JOB,
    "results": [],
    "citations": [
        {
            "number": 1,
            "video_id": VIDEO,
            "chunk_id": VIDEO,
            "title": "Inaugural\x1b]0;evil\x07 address",
            "quote": "ask what you\ncan do for your country",
            "start": 3723.9,
            "end": 3730.0,
            "speaker": "Speaker 1",
            "quality": "low",
            "link": "http://127.0.0.1:8080/watch/1#t=3723",
        }
    ],
}
PASSAGE = {
    "chunk": {"id": VIDEO, "position": 0, "text": "Something about Mars.", "quality": "captions"},
    "score": 0.2,
    "video": {"id": VIDEO, "title": "Space"},
    "start": 5.0,
    "end": 9.0,
    "speakers": ["A", "B"],
    "link": "http://127.0.0.1:8080/watch/2#t=5",
}


@dataclass
class ApiDouble:
    """Answers what it was told to, in turn (the last one again and again), and remembers what it was asked."""

    url: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def on(self, path: str, *answers: Any, status: int = 200) -> None:
        self.answers[path] = [(status, answer) for answer in answers]

    def answer(self, path: str) -> tuple[int, Any]:
        missing: tuple[int, Any] = (404, problem("job_missing", "No such job.", 404))
        turns = self.answers.get(path, [missing])
        return turns.pop(0) if len(turns) > 1 else turns[0]


def problem(code: str, detail: str, status: int, hint: str = "Look again.") -> dict[str, Any]:
    return {"type": "about:blank", "title": "No", "status": status, "detail": detail, "code": code, "hint": hint}


@pytest.fixture
def api() -> Iterator[ApiDouble]:
    double = ApiDouble()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            double.asked.append((self.command, self.path, dict(self.headers.items()), body))
            status, answer = double.answer(urlsplit(self.path).path.removeprefix("/api/v1/"))
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(answer, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    yield double
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIDEO_PIPELINE_API_URL", "VIDEO_PIPELINE_API_KEY", "AWS_ENDPOINT_URL", "ENVIRONMENT_SUFFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIDEO_PIPELINE_DATA", str(tmp_path / "nothing"))
    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.0)


@pytest.fixture
def run(api: ApiDouble) -> Callable[..., Result]:
    env = {"VIDEO_PIPELINE_API_URL": api.url, "VIDEO_PIPELINE_API_KEY": "vp_key"}
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env=env)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "a film.mp4"
    path.write_bytes(bytes(range(256)) * 1_000)
    return path


Run = Callable[..., Result]


class TestAsk:
    def test_the_answer_comes_with_numbered_citations_and_marks_bad_transcripts(self, api: ApiDouble, run: Run) -> None:
        api.on("query", ANSWER)
        result = run("ask", "What?", "--video", VIDEO, "--top-k", "3")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "Ask what you can do [1].",
            "",
            "[1] Inaugural\ufffd]0;evil\ufffd address · 01:02:03 · Speaker 1 · low-quality transcript",
            '    "ask what you can do for your country"',
            "    http://127.0.0.1:8080/watch/1#t=3723",
            "",
            f"To ask on: --conversation {JOB}",
        ]
        method, _, headers, body = api.asked[0]
        assert (method, headers["X-API-Key"]) == ("POST", "vp_key")
        assert json.loads(body) == {"query": "What?", "top_k": 3, "video_ids": [VIDEO]}

    def test_every_filter_of_the_api_can_be_given(self, api: ApiDouble, run: Run) -> None:
        api.on("query", ANSWER)
        result = run(
            *("ask", "And then?", "--speaker", "Ann", "--speaker", "Bob", "--language", "en", "--min-score", "0"),
            *("--date-from", "2026-01-01", "--date-to", "2026-02-01", "--conversation", JOB),
        )
        assert result.exit_code == 0, result.output
        assert json.loads(api.asked[0][3]) == {
            "query": "And then?",
            "top_k": 5,
            "min_score": 0.0,
            "speaker_ids": ["Ann", "Bob"],
            "date_from": "2026-01-01",
            "date_to": "2026-02-01",
            "language": "en",
            "conversation_id": JOB,
        }

    def test_json_is_all_that_is_printed_when_asked_for(self, api: ApiDouble, run: Run) -> None:
        api.on("query", ANSWER)
        result = run("ask", "What?", "--json")
        assert json.loads(result.stdout) == ANSWER
        assert result.stderr == ""

    def test_nothing_found_is_said_and_has_a_code_of_its_own(self, api: ApiDouble, run: Run) -> None:
        api.on("query", ANSWER | {"answer": None, "citations": []})
        result = run("ask", "What?")
        assert result.exit_code == 3
        assert result.stdout.splitlines()[0] == "Nothing found: no video holds anything about this."

    def test_without_an_answer_the_closest_passages_are_shown(self, api: ApiDouble, run: Run) -> None:
        api.on("query", ANSWER | {"answer": None, "citations": [], "results": [PASSAGE]})
        result = run("ask", "Mars?")
        assert result.exit_code == 3
        assert "- Space · 00:00:05 · A, B" in result.stdout
        assert '"Something about Mars."' in result.stdout

    def test_a_question_that_is_refused_says_why_and_what_to_do_on_one_line(self, api: ApiDouble, run: Run) -> None:
        api.on("query", problem("question_empty", "The question is empty.", 422, "Ask something."), status=422)
        result = run("ask", "")
        assert result.exit_code == 4
        assert result.stdout == ""
        assert result.stderr == "video-pipeline: The question is empty. Ask something.\n"


class TestExitCodes:
    @pytest.mark.parametrize(
        ("status", "code", "expected"),
        [
            (401, "api_key_missing", 4),
            (404, "video_missing", 3),
            (409, "upload_running", 4),
            (413, "upload_too_large", 4),
            (429, "slow_down", 5),
            (503, "database_unavailable", 5),
            (500, "unexpected_error", 5),
        ],
    )
    def test_each_kind_of_refusal_has_its_code(
        self, api: ApiDouble, run: Run, status: int, code: str, expected: int
    ) -> None:
        api.on("videos", problem(code, "It is so.", status), status=status)
        result = run("videos")
        assert result.exit_code == expected
        assert result.stderr == "video-pipeline: It is so. Look again.\n"

    def test_nobody_there_is_one_clear_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        result = CliRunner().invoke(app, ["--api-url", "http://127.0.0.1:9", "jobs"])
        assert result.exit_code == 2
        expected = "video-pipeline: Nothing answers at http://127.0.0.1:9. Start it with `video-pipeline up`.\n"
        assert (result.stdout, result.stderr) == ("", expected)

    def test_without_any_system_the_usual_address_is_tried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("video_pipeline.cli.system.LOCAL_API_PORT", 9)
        result = CliRunner().invoke(app, ["ask", "What?"])
        assert result.exit_code == 2
        assert "Nothing answers at http://127.0.0.1:9." in result.stderr

    @pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://[::1", "http://127.0.0.1:99999"])
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        result = CliRunner().invoke(app, ["--api-url", url, "jobs"])
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.output

    def test_another_server_at_the_address_is_noticed(self, api: ApiDouble, run: Run) -> None:
        api.on("videos", b"<html>It works!</html>")
        result = run("videos")
        assert result.exit_code == 2
        assert "is not this API" in result.stderr

    @pytest.mark.parametrize(
        "arguments", [["nonsense"], ["ask"], ["ask", "x", "--top-k", "many"], ["jobs", "--unknown"], ["dlq", "nothing"]]
    )
    def test_wrong_usage_is_one_line_that_names_the_help(self, arguments: list[str]) -> None:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "--help" in result.stderr

    def test_a_fault_of_the_program_shows_no_trace_unless_asked(
        self, api: ApiDouble, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.on("videos", {"items": [{}], "next": None})
        result = run("videos")
        assert result.exit_code == 70
        assert result.stderr.startswith("video-pipeline: Unexpected: KeyError")
        assert "Traceback" not in result.output

    def test_the_help_lists_every_exit_code(self) -> None:
        result = CliRunner().invoke(app, ["--help"])
        assert result.exit_code == 0
        for code in (0, 1, 2, 3, 4, 5, 70, 130):
            assert f"  {code} " in result.stdout


class TestJobs:
    def test_one_job_is_shown_with_its_timeline_reason_and_hint(self, api: ApiDouble, run: Run) -> None:
        api.on(f"status/{JOB}", FAILED)
        result = run("jobs", JOB)
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert "error:   It is no video. Send one. [media_unreadable]" in lines
        assert "note:    There is no sound track." in lines
        assert [" ".join(line.split()) for line in lines[-3:]] == [
            "STAGE TRY STATUS STARTED SECONDS ERROR",
            "fetch 1 completed 2026-11-20 10:00:01 1.5",
            "probe 2 failed 2026-11-20 10:00:03 1.0 It is no video. Send one. [media_unreadable]",
        ]

    def test_lists_follow_the_pages_up_to_the_limit(self, api: ApiDouble, run: Run) -> None:
        api.on("jobs", {"items": [STATUS, STATUS], "next": "c1"}, {"items": [FAILED], "next": "c2"})
        result = run("jobs", "--status", "failed", "--limit", "3")
        assert len(result.stdout.splitlines()) == 4
        queries = [parse_qs(urlsplit(path).query) for _, path, _, _ in api.asked]
        assert queries == [
            {"limit": ["3"], "status": ["failed"]},
            {"limit": ["1"], "status": ["failed"], "cursor": ["c1"]},
        ]

    def test_an_empty_list_is_said_to_be_empty(self, api: ApiDouble, run: Run) -> None:
        api.on("jobs", {"items": [], "next": None})
        assert (run("jobs").stdout, run("jobs", "--json").stdout) == ("There are no such jobs.\n", "[]\n")

    def test_json_lists_are_plain_arrays(self, api: ApiDouble, run: Run) -> None:
        api.on("jobs", {"items": [STATUS], "next": None})
        assert json.loads(run("jobs", "--json").stdout) == [STATUS]

    @pytest.mark.parametrize(("end", "code"), [("completed", 0), ("failed", 1)])
    def test_one_job_is_followed_to_its_end(self, end: str, code: int, api: ApiDouble, run: Run) -> None:
        ended = FAILED if end == "failed" else STATUS
        api.answers[f"status/{JOB}"] = [(200, STATUS | {"status": "processing"}), (200, ended), (200, ended)]
        result = run("jobs", JOB, "--wait")
        assert result.exit_code == code
        assert f"status:  {end}" in result.stdout

    def test_an_unknown_job_is_nothing_found(self, run: Run) -> None:
        result = run("jobs", JOB)
        assert result.exit_code == 3
        assert result.stderr == "video-pipeline: No such job. Look again.\n"

    def test_an_id_can_not_reach_another_route(self, api: ApiDouble, run: Run) -> None:
        assert run("jobs", "../videos?x=1").exit_code == 3
        assert api.asked[0][1] == "/api/v1/status/..%2Fvideos%3Fx%3D1"

    def test_videos_are_listed_with_length_and_title(self, api: ApiDouble, run: Run) -> None:
        video = {
            "id": VIDEO,
            "title": "All\nhands",
            "duration": 61.5,
            "language": None,
            "created_at": "2026-11-20T10:00:00Z",
        }
        api.on("videos", {"items": [video], "next": None})
        result = run("videos")
        assert result.stdout.splitlines()[1].split() == [VIDEO, "00:01:01", "2026-11-20", "10:00:00", "All", "hands"]

    def test_no_colour_and_no_terminal_sequences_when_nobody_looks(self, api: ApiDouble, run: Run) -> None:
        api.on("jobs", {"items": [STATUS, FAILED], "next": None})
        assert "\x1b" not in run("jobs").output


class TestUpload:
    def test_a_file_goes_as_a_form_with_its_description_first_and_the_file_last(
        self, api: ApiDouble, run: Run, film: Path, tmp_path: Path
    ) -> None:
        captions = tmp_path / "a.vtt"
        captions.write_text("WEBVTT\n")
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        result = run(
            *("ingest", str(film), "--captions", str(captions), "--title", 'Ä "film"', "--language", "de-DE"),
            *("--recorded-on", "2025-12-31"),
            *("--metadata", "course=Physics", "--metadata", "room=a=b"),
        )
        assert result.exit_code == 0, result.output
        assert result.stdout == f"job: {JOB}\n"
        parts = form_parts(api.asked[0])
        assert list(parts) == ["title", "language", "recorded_on", "metadata", "captions", "file"]
        assert parts["title"] == ('Ä "film"'.encode(), None)
        assert json.loads(parts["metadata"][0]) == {"course": "Physics", "room": "a=b"}
        assert parts["captions"] == (b"WEBVTT\n", "a.vtt")
        assert parts["file"] == (film.read_bytes(), "a film.mp4")

    def test_a_transcript_goes_by_itself_as_unicode_whatever_it_was(
        self, api: ApiDouble, run: Run, tmp_path: Path
    ) -> None:
        text = "WEBVTT\n\n00:01.000 --> 00:02.000\nGrüße aus Köln.\n"
        (tmp_path / "board.vtt").write_bytes(text.encode("utf-16"))
        api.on("transcripts", {"job_id": JOB, "status": "processing"}, status=201)
        result = run("ingest", "--transcript", str(tmp_path / "board.vtt"), "--title", "Board")
        assert (result.exit_code, result.stdout) == (0, f"job: {JOB}\n"), result.output
        assert json.loads(api.asked[0][3]) == {"title": "Board", "filename": "board.vtt", "content": text}

    def test_waiting_shows_each_stage_on_a_line_and_the_end_on_standard_output(
        self, api: ApiDouble, run: Run, film: Path
    ) -> None:
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        working = STATUS | {"status": "processing", "progress": 0.4, "current_stage": "transcribe"}
        queued = STATUS | {"status": "queued", "progress": 0.05, "current_stage": "receive"}
        api.on(f"status/{JOB}", queued, working, working | {"progress": 0.5}, STATUS)
        result = run("ingest", str(film), "--wait")
        assert result.exit_code == 0
        assert result.stdout == f"job: {JOB}\ncompleted: video {VIDEO}\n"
        assert result.stderr.splitlines() == [
            "  0% Sending 0.3 MB",
            "  5% Waiting for a free worker",
            " 40% Transcribing",
            "note: There is no sound track.",
        ]

    def test_a_job_that_failed_ends_with_one_and_its_reason(self, api: ApiDouble, run: Run, film: Path) -> None:
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        api.on(f"status/{JOB}", FAILED)
        result = run("ingest", str(film), "--wait")
        assert result.exit_code == 1
        reason = "failed while reading the media's properties: It is no video. Send one. [media_unreadable]"
        assert reason in result.stdout

    def test_json_with_waiting_is_the_job_and_nothing_else(self, api: ApiDouble, run: Run, film: Path) -> None:
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        api.on(f"status/{JOB}", FAILED)
        result = run("ingest", str(film), "--wait", "--json")
        assert (result.exit_code, result.stderr) == (1, "")
        assert json.loads(result.stdout)["error"]["code"] == "media_unreadable"

    def test_a_restart_of_the_api_does_not_end_the_waiting(self, api: ApiDouble, run: Run, film: Path) -> None:
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        unavailable = (503, problem("database_unavailable", "Not now.", 503))
        api.answers[f"status/{JOB}"] = [(200, STATUS | {"status": "processing"}), unavailable, (200, STATUS)]
        assert run("ingest", str(film), "--wait").exit_code == 0

    def test_an_interrupted_wait_ends_quietly_with_a_code_of_its_own(
        self, api: ApiDouble, run: Run, film: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        monkeypatch.setattr(following, "follow", interrupted)
        result = run("ingest", str(film), "--wait")
        assert (result.exit_code, result.stdout) == (130, f"job: {JOB}\n")
        assert "Traceback" not in result.stderr

    def test_a_job_that_never_appears_is_given_up_with_advice(
        self, api: ApiDouble, run: Run, film: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.on("upload", {"job_id": JOB, "status": "queued"}, status=201)
        monkeypatch.setattr(following, "_PATIENCE", 0.0)
        result = run("ingest", str(film), "--wait")
        assert result.exit_code == 3
        assert "dlq list" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (["nothing.mp4"], 4, "There is no file nothing.mp4"),
            (["."], 4, "is not a file"),
            (["FILM", "--metadata", "nonsense"], 2, "K=V"),
            (["FILM", "--language", "English, please"], 4, "language is wrong"),
            (["FILM", "--title", "x" * 600], 4, "title is wrong"),
            (["FILM", "--captions", "nothing.vtt"], 4, "There is no file nothing.vtt"),
            (["FILM", "--captions", "FILM"], 4, "is not a caption file"),
            (["FILM", "--via", "pigeon"], 2, "pigeon"),
            (["FILM", "--via", "stream", "--captions", "a.vtt"], 2, "captions"),
            (["s3://bucket/key", "--via", "upload"], 2, "by an event"),
            ([], 2, "name a file"),
            (["FILM", "--transcript", "a.vtt"], 2, "by itself"),
            (["--transcript", "a.vtt", "--via", "stream"], 2, "by itself"),
            (["--transcript", "nothing.vtt"], 4, "There is no file nothing.vtt"),
        ],
    )
    def test_what_can_not_be_sent_is_refused_before_anything_is(
        self, api: ApiDouble, run: Run, film: Path, arguments: list[str], code: int, said: str
    ) -> None:
        result = run("ingest", *(str(film) if each == "FILM" else each for each in arguments))
        assert result.exit_code == code
        assert said in result.stderr
        assert result.stderr.count("video-pipeline: ") == 1
        assert api.asked == []

    def test_an_empty_file_is_refused(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "empty.mp4").touch()
        result = run("ingest", str(tmp_path / "empty.mp4"))
        assert (result.exit_code, "is empty" in result.stderr) == (4, True)


class TestKeys:
    def test_the_local_key_is_sent_to_the_local_system_and_to_no_other(self, api: ApiDouble, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("vp_local\n")
        describe(tmp_path, api_url=api.url)
        api.on("videos", {"items": [], "next": None})
        asks: list[tuple[dict[str, str], list[str]]] = [
            ({}, []),
            ({}, ["--api-url", api.url.replace("127.0.0.1", "localhost")]),
            ({"VIDEO_PIPELINE_API_KEY": "vp_mine"}, []),
        ]
        for env, flags in asks:
            result = CliRunner().invoke(app, ["--data", str(tmp_path), *flags, "videos"], env=env)
            assert (result.exit_code, result.stdout) == (0, "There are no videos yet.\n")
        assert [headers.get("X-API-Key") for _, _, headers, _ in api.asked] == ["vp_local", None, "vp_mine"]

    def test_a_deployed_suffix_never_means_the_system_on_this_machine(self, api: ApiDouble, tmp_path: Path) -> None:
        describe(tmp_path, api_url=api.url)
        result = CliRunner().invoke(app, ["--data", str(tmp_path), "--suffix", "prod", "videos"])
        assert result.exit_code == 2
        assert "VIDEO_PIPELINE_API_URL" in result.stderr
        assert api.asked == []

    def test_a_damaged_description_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "endpoint.json").write_text('{"api_url": ')
        result = CliRunner().invoke(app, ["--data", str(tmp_path), "videos"])
        assert result.exit_code == 2
        assert "endpoint.json can't be used" in result.stderr


def describe(folder: Path, *, api_url: str) -> None:
    described = {
        "api_url": api_url,
        "aws_endpoint_url": "http://127.0.0.1:9",
        "region": "us-east-1",
        "database_url": "postgresql://nowhere",
        "suffix": "local",
        "api_key_file": str(folder / "key"),
    }
    (folder / "endpoint.json").write_text(json.dumps(described))


def form_parts(asked: tuple[str, str, dict[str, str], bytes]) -> dict[str, tuple[bytes, str | None]]:
    """Content and file name of each field, in order."""
    _, _, headers, body = asked
    message = BytesParser().parsebytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    found = {}
    for part in message.walk():
        if not part.is_multipart():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[str(name)] = (content, part.get_filename())
    return found


class TestWishes:
    @pytest.mark.parametrize(
        ("arguments", "path", "body"),
        [
            (["cancel", JOB], f"jobs/{JOB}/cancel", b""),
            (["retry", JOB], f"jobs/{JOB}/retry", b""),
            (["rerun", JOB], f"jobs/{JOB}/rerun", b'{"stage":"fetch"}'),
            (["rerun", JOB, "--from", "chunk"], f"jobs/{JOB}/rerun", b'{"stage":"chunk"}'),
        ],
    )
    def test_each_wish_is_one_request_and_tells_how_the_job_is_now(
        self, api: ApiDouble, run: Run, arguments: list[str], path: str, body: bytes
    ) -> None:
        api.on(path, STATUS | {"status": "queued", "current_stage": "fetch"}, status=202)
        result = run("jobs", *arguments)
        assert (result.exit_code, f"{JOB} (queued, fetch)" in result.stdout) == (0, True)
        assert [(method, where, sent) for method, where, _, sent in api.asked] == [("POST", f"/api/v1/{path}", body)]

    def test_all_that_failed_for_one_reason_are_tried_again_and_what_others_took_is_told(
        self, api: ApiDouble, run: Run
    ) -> None:
        api.on("jobs", {"items": [STATUS | {"job_id": "a"}, STATUS | {"job_id": "b"}], "next": None})
        api.on("jobs/a/retry", problem("job_not_failed", "It is not failed.", 409), status=409)
        api.on("jobs/b/retry", STATUS | {"job_id": "b"}, status=202)
        result = run("jobs", "retry", "--failed-for", "openai_key_refused")
        assert result.exit_code == 0, result.output
        assert result.stdout == "tried again: 1 of 2\n"
        assert "a: It is not failed." in result.stderr
        asked = parse_qs(urlsplit(api.asked[0][1]).query)
        assert (asked["status"], asked["code"], asked["sort"]) == (["failed"], ["openai_key_refused"], ["created_at"])

    @pytest.mark.parametrize("arguments", [(), ("a", "--failed-for", "x")])
    def test_retrying_takes_a_job_or_a_reason(self, run: Run, arguments: tuple[str, ...]) -> None:
        assert run("jobs", "retry", *arguments).exit_code == 2

    def test_a_wish_that_is_refused_says_why(self, api: ApiDouble, run: Run) -> None:
        api.on(f"jobs/{JOB}/retry", problem("job_at_work", "It is processing.", 409, "Cancel it."), status=409)
        result = run("jobs", "retry", JOB)
        assert (result.exit_code, result.stderr) == (4, "video-pipeline: It is processing. Cancel it.\n")

    def test_lists_are_narrowed_as_asked(self, api: ApiDouble, run: Run) -> None:
        api.on("jobs", {"items": [], "next": None})
        api.on("videos", {"items": [], "next": None})
        run("jobs", "--text", "board", "--from", "2026-01-01", "--sort", "updated_at", "--status", "queued")
        run("videos", "--to", "2026-01-31", "--language", "en")
        queries = [parse_qs(urlsplit(path).query) for _, path, _, _ in api.asked]
        assert queries == [
            {
                "limit": ["50"],
                "status": ["queued"],
                "q": ["board"],
                "date_from": ["2026-01-01"],
                "sort": ["updated_at"],
            },
            {"limit": ["50"], "language": ["en"], "date_to": ["2026-01-31"]},
        ]

    def test_places_are_shown_with_their_second_and_what_fits_in_brackets(self, api: ApiDouble, run: Run) -> None:
        place = {"text": "We raised the\x1b budget.", "highlight_start": 15, "highlight_end": 21, "start": 61.2}
        api.on(f"videos/{VIDEO}/transcript/search", {"items": [place], "total": 3})
        result = run("search", VIDEO, "budget")
        assert result.stdout == "00:01:01  We raised the\ufffd [budget].\n"
        assert result.stderr == "2 more.\n"

    def test_analytics_leave_out_days_of_nothing_and_name_what_was_not_answered(self, api: ApiDouble, run: Run) -> None:
        counts = {"questions": 4, "unanswered": 1, "videos": 2, "video_seconds": 5400.0}
        day = counts | {"jobs_completed": 2, "jobs_failed": 0, "date": "2026-01-02"}
        day |= {"answer_ms_median": 12, "answer_ms_p95": 40}
        nothing = dict.fromkeys(day, 0) | {"date": "2026-01-01"}
        asked = {"query": "Who\nwon?", "times": 2, "last_asked": "2026-01-02T10:00:00Z"}
        api.on("analytics", {"days": [nothing, day], "totals": day, "unanswered": [asked]})
        shown = [" ".join(row.split()) for row in run("analytics", "--from", "2026-01-01").stdout.splitlines()]
        assert shown[1:] == ["2026-01-02 4 1 12 40 2 1.5 2 0", "all 4 1 2 1.5 2 0", "", "Not answered:", "2 x Who won?"]

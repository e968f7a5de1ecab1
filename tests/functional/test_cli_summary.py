"""`video-pipeline summary` against an API on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from video_pipeline.cli.app import app

JOB = "7c8f4a9e-0000-5000-8000-000000000001"
VIDEO = "7c8f4a9e-0000-5000-8000-000000000002"
Run = Callable[..., Result]


@dataclass
class ApiDouble:
    """Has one job with one video and its summary in every form."""

    url: str = ""
    forms: dict[str, bytes] = field(
        default_factory=lambda: {
            "md": b"# All hands\n\n> \x1b]0;evil\x07quoted\n",
            "json": json.dumps({"kind": "meeting", "title": "日本"}).encode(),
            "pdf": b"%PDF-1.4 \xff\x00",
            "docx": b"PK\x03\x04",
            "vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\n",
        }
    )
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        self.asked.append((method, path))
        known: dict[tuple[str, str], Any] = {
            ("GET", f"status/{JOB}"): {"job_id": JOB},
            ("GET", f"videos/{VIDEO}"): {"id": VIDEO, "job_id": JOB},
            ("POST", f"summary/{JOB}"): {"job_id": JOB},
        }
        if (method, path) in known:
            return 200, json.dumps(known[method, path]).encode()
        form = path.removeprefix(f"summary/{JOB}/summary.")
        if form in self.forms:
            return 200, self.forms[form]
        missing = {"code": "summary_missing", "detail": "There is no summary.", "hint": "Wait.", "status": 404}
        return 404, json.dumps(missing).encode()


class Handler(BaseHTTPRequestHandler):
    double: ApiDouble

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["content-length"] or 0))
        status, body = self.double.answer(self.command, self.path.removeprefix("/api/v1/"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[ApiDouble]:
    double = ApiDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield double
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(api: ApiDouble, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VIDEO_PIPELINE_API_URL", api.url)
    monkeypatch.setenv("VIDEO_PIPELINE_API_KEY", "k")
    return lambda *arguments: CliRunner().invoke(app, ["summary", *arguments])


@pytest.mark.parametrize("named", [JOB, VIDEO])
def test_the_summary_of_a_job_or_a_video_is_shown_as_markdown(named: str, run: Run) -> None:
    result = run(named)
    assert result.exit_code == 0
    assert result.stdout == "# All hands\n\n> \ufffd]0;evil\ufffdquoted\n"


def test_json_is_for_programs_and_vtt_for_players(run: Run) -> None:
    assert json.loads(run(JOB, "--format", "json").stdout) == {"kind": "meeting", "title": "日本"}
    assert run(JOB, "--format", "vtt").stdout.startswith("WEBVTT")


@pytest.mark.parametrize("form", ["pdf", "docx", "md"])
def test_it_is_written_byte_for_byte(form: str, api: ApiDouble, run: Run, tmp_path: Path) -> None:
    target = tmp_path / f"summary.{form}"
    result = run(JOB, "--format", form, "--output", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_bytes() == api.forms[form]


def test_what_is_not_for_a_terminal_wants_a_file(api: ApiDouble, run: Run) -> None:
    result = run(JOB, "--format", "pdf")
    assert result.exit_code == 4
    assert "--output" in result.stderr
    assert api.asked == []


def test_a_file_that_can_not_be_written_is_said_to_be(run: Run, tmp_path: Path) -> None:
    result = run(JOB, "-o", str(tmp_path / "no" / "such" / "folder"))
    assert result.exit_code == 4
    assert "can't be written" in result.stderr


def test_a_new_one_is_ordered(api: ApiDouble, run: Run) -> None:
    result = run(VIDEO, "--again")
    assert (result.exit_code, result.stdout) == (0, "")
    assert api.asked[-1] == ("POST", f"summary/{JOB}")


def test_what_is_not_there_is_nothing_found(api: ApiDouble, run: Run) -> None:
    assert run("7c8f4a9e-0000-5000-8000-000000000003").exit_code == 3
    api.forms.clear()
    result = run(JOB)
    assert (result.exit_code, result.stderr) == (3, "video-pipeline: There is no summary. Wait.\n")


def test_an_id_can_not_reach_another_route(api: ApiDouble, run: Run) -> None:
    assert run("../videos?x=1").exit_code == 3
    assert all(path.endswith("/..%2Fvideos%3Fx%3D1") for _, path in api.asked)

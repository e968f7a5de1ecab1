"""`video-pipeline evaluate`: what it hands in, what it asks, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from video_pipeline.cli import api as cli_api
from video_pipeline.cli.app import app
from video_pipeline.transcripts.json_format import read_json


@dataclass
class Api:
    """Takes every transcript, and finds the seconds that `found` names, in that order."""

    found: list[tuple[str, float, float]]
    failing: str | None = None
    titles: list[str] = field(default_factory=list)
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "transcripts":
            assert read_json(body["content"].encode()).language == "en"
            self.titles.append(body["title"])
            return {"job_id": f"job-{body['title']}"}
        self.asked.append(body)
        within = [result for result in self.found if f"video-{result[0]}" in body["video_ids"]]
        return {"results": [{"video": {"id": f"video-{name}"}, "start": a, "end": b} for name, a, b in within]}

    def job(self, job_id: str) -> dict[str, Any]:
        name = job_id.removeprefix("job-")
        if name == self.failing:
            return {"status": "failed", "error": {"message": "It is no transcript."}}
        return {"status": "completed", "video_id": f"video-{name}"}


@pytest.fixture
def qmsum(tmp_path: Path) -> Path:
    """Two meetings of 1,000 words; what answers the question are words 200 to 400 of the first."""
    turns = [{"speaker": f"S{n % 2}", "content": "word " * 50} for n in range(20)]
    question = {"query": "What was said?", "relevant_text_span": [["4", "7"]]}
    (tmp_path / "val").mkdir()
    for name, questions in (("One", [question]), ("Two", [])):
        document = {"meeting_transcripts": turns, "specific_query_list": questions}
        (tmp_path / "val" / f"{name}.json").write_text(json.dumps(document))
    return tmp_path


def run(api: Api, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(cli_api, "api_of", lambda _: api)
    return CliRunner().invoke(app, ["evaluate", *arguments])


def row(result: Result, scope: str) -> list[str]:
    (found,) = (line.split() for line in result.stdout.splitlines() if line.startswith(scope))
    return found


def test_meetings_go_in_once_and_both_scopes_are_asked(qmsum: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(found=[("Two", 80.0, 160.0), ("One", 80.0, 160.0)])
    result = run(api, monkeypatch, "--qmsum", str(qmsum))
    assert result.exit_code == 0, result.stderr
    assert api.titles == ["One", "Two"]
    assert [each["video_ids"] for each in api.asked] == [["video-One"], ["video-One", "video-Two"]]
    assert all(each["answer"] is False and each["top_k"] == 30 for each in api.asked)
    # The right words alone, then after as many wrong ones of the other meeting.
    assert float(row(result, "meeting")[1]) > float(row(result, "corpus")[1]) > 0
    assert float(row(result, "meeting")[5]) == float(row(result, "corpus")[5]) == 1.0
    assert "For comparison" in result.stdout


def test_a_meeting_that_is_not_taken_in_is_said(qmsum: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(Api(found=[], failing="Two"), monkeypatch, "--qmsum", str(qmsum))
    assert result.exit_code == 4
    assert "The meeting Two was not taken in: It is no transcript." in result.stderr


def test_a_folder_without_meetings_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(Api(found=[]), monkeypatch, "--qmsum", str(tmp_path), "--split", "test")
    assert result.exit_code == 4
    assert "There are no meetings in" in result.stderr

"""`video-pipeline reindex` on one machine, with the real database, bucket and model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.conftest import EmulatedAws
from tests.functional.test_reindexing import Archive, Model
from tests.indexes import SPEC
from video_pipeline.cli.app import app
from video_pipeline.database import Database

Run = Callable[..., Result]


@pytest.fixture
def run(aws: EmulatedAws, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command beside a system that describes itself as `up` does."""
    for name in ("DATABASE_URL", "AWS_ENDPOINT_URL", "AWS_REGION", "ENVIRONMENT_SUFFIX"):
        monkeypatch.delenv(name, raising=False)
    described = {
        "api_url": "http://127.0.0.1:9",
        "aws_endpoint_url": aws.endpoint,
        "region": "us-east-1",
        "database_url": database_url,
        "suffix": aws.suffix,
        "api_key_file": str(tmp_path / "api-key"),
    }
    (tmp_path / "endpoint.json").write_text(json.dumps(described), encoding="utf-8")
    return lambda *arguments: CliRunner().invoke(app, ["--data", str(tmp_path), "reindex", *arguments])


@pytest.fixture
def archive(database: Database, aws: EmulatedAws) -> Archive:
    """Two videos in an index that was made with passages of another size."""
    made = Archive(database, models={"old": Model(model="old")})
    made.store_in(aws.objects, aws.results)
    made.film("The launch is on Tuesday.", "Lisbon gets a new office in May.")
    made.film("Marketing wants the remote control in yellow.")
    return made


def document(result: Result) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def test_all_videos_are_cut_and_embedded_anew_as_the_settings_ask(
    run: Run, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_TOKENS", "16")
    monkeypatch.setenv("CHUNK_MINIMUM_TOKENS", "0")
    before = document(run("--status", "--json"))
    assert (before["index"]["state"], before["index"]["spec"]["model"]) == ("serving", "old")
    result = run()
    assert result.exit_code == 0, result.output
    assert "all-MiniLM-L6-v2, 384 dimensions, in pgvector" in result.stdout
    assert "It answers all questions." in result.stdout
    after = archive.ledger.indexes.serving(SPEC)
    assert (after.spec.model, after.spec.chunk_tokens) == ("all-MiniLM-L6-v2", 16)
    assert [each.state for each in archive.ledger.indexes.live()] == ["serving"]


def test_nothing_new_is_asked_for_so_nothing_is_done(run: Run, archive: Archive) -> None:
    assert run().exit_code == 0
    serving = archive.ledger.indexes.serving(SPEC)
    again = run()
    assert again.exit_code == 0
    assert "ask for nothing new" in again.stderr
    assert archive.ledger.indexes.serving(SPEC) == serving
    assert run("--anyway").exit_code == 0
    assert archive.ledger.indexes.serving(SPEC).id != serving.id


def test_a_video_that_can_not_be_taken_in_is_named_and_the_old_index_serves_on(
    run: Run, archive: Archive, aws: EmulatedAws
) -> None:
    video = archive.film("A film whose transcript gets lost.")
    aws.objects.delete_prefix(aws.results, f"videos/{video}/transcript")
    result = run()
    assert result.exit_code == 1
    assert f"{video}  object_missing  1" in result.stdout
    assert "2 videos done, 1 failed, 0 waiting" in result.stdout
    assert archive.ledger.indexes.serving(SPEC).spec.model == "old"
    assert run("--without-failed").exit_code == 0
    assert archive.ledger.indexes.serving(SPEC).spec.model == "all-MiniLM-L6-v2"

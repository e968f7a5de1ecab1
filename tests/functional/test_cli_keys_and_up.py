"""Keys are made in the ledger's database; `up` becomes the local system's own process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from video_pipeline.cli import stored, up
from video_pipeline.cli.app import app
from video_pipeline.errors import BadInput
from video_pipeline.keys import check_key
from video_pipeline.settings import DatabaseSettings
from video_pipeline.wiring import open_ledger

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    described = {
        "api_url": "http://127.0.0.1:9",
        "aws_endpoint_url": "http://127.0.0.1:9",
        "region": "us-east-1",
        "database_url": database_url,
        "suffix": "local",
        "api_key_file": str(tmp_path / "key"),
    }
    (tmp_path / "endpoint.json").write_text(json.dumps(described))
    return lambda *arguments: CliRunner().invoke(app, ["--data", str(tmp_path), *arguments])


def test_a_key_is_made_listed_and_revoked(run: Run, database_url: str) -> None:
    made = run("keys", "create", "laptop")
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    ledger = open_ledger(DatabaseSettings(database_url=database_url))
    key = check_key(ledger.keys, text)
    listed = run("keys", "list").stdout
    assert str(key.id) in listed
    assert f"vp_{key.prefix}" in listed
    assert text not in listed
    assert run("keys", "revoke", str(key.id)).stdout == f"revoked: {key.id}\n"
    with pytest.raises(BadInput, match="revoked"):
        check_key(ledger.keys, text)
    ledger.close()


def test_a_key_may_operate_when_asked_for(run: Run) -> None:
    assert json.loads(run("keys", "create", "desk", "--operate", "--json").stdout)["scopes"] == ["operate"]
    assert " operate " in run("keys", "list").stdout


def test_json_carries_the_new_key_and_its_facts(run: Run) -> None:
    made = json.loads(run("keys", "create", "script", "--json").stdout)
    assert made["key"].startswith(f"vp_{made['prefix']}_")
    [listed] = json.loads(run("keys", "list", "--json").stdout)
    assert listed == {name: value for name, value in made.items() if name != "key"}


def test_an_unknown_key_and_a_nameless_one_are_refused(run: Run) -> None:
    assert run("keys", "revoke", "00000000-0000-0000-0000-000000000000").exit_code == 3
    assert run("keys", "revoke", "nonsense").exit_code == 2
    assert run("keys", "create", " ").exit_code == 4
    assert run("keys", "list").stdout == "There are no keys yet.\n"


def test_a_database_that_does_not_answer_is_told_soon(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    monkeypatch.setattr(stored, "_PATIENCE", 0.2)
    result = run("keys", "list")
    assert result.exit_code == 2
    expected = "video-pipeline: The database does not answer. Start it with `video-pipeline up`.\n"
    assert result.stderr == expected


def test_without_any_database_it_is_said_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    result = CliRunner().invoke(app, ["--data", str(tmp_path), "keys", "list"])
    assert result.exit_code == 2
    assert "DATABASE_URL" in result.stderr


class Replaced(BaseException):
    """Stands for the end of this process's own program."""


def test_up_becomes_the_local_system_with_its_folder_and_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, list[str]]] = []

    def execv(program: str, arguments: list[str]) -> None:
        calls.append((program, arguments))
        raise Replaced

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(up, "_installed", lambda: True)
    for arguments in (["up", "--data", "x", "--api-port", "1", "--aws-port", "2"], ["--data", "y", "up"]):
        with pytest.raises(Replaced):
            CliRunner().invoke(app, arguments)
    python = [sys.executable, "-m", "local"]
    assert calls == [
        (sys.executable, [*python, "--data", "x", "--api-port", "1", "--aws-port", "2"]),
        (sys.executable, [*python, "--data", "y", "--api-port", "8080", "--aws-port", "4566"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        pytest.param(["up", "--empty"], ["--empty"], id="empty"),
        pytest.param(
            ["up", "--attach", "http://a:1", "--suffix", "dev", "--set", "A=b", "--set", "C=d"],
            ["--attach", "http://a:1", "--suffix", "dev", "--set", "A=b", "--set", "C=d"],
            id="attached",
        ),
        pytest.param(
            ["--suffix", "dev", "--region", "eu-west-1", "up", "--attach", "http://a:1"],
            ["--attach", "http://a:1", "--suffix", "dev", "--region", "eu-west-1"],
            id="attached, as said before",
        ),
        pytest.param(["--suffix", "dev", "up"], [], id="neither"),
    ],
)
def test_up_passes_on_which_part_is_meant(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: list[str]
) -> None:
    calls: list[list[str]] = []

    def execv(_: str, arguments: list[str]) -> None:
        calls.append(arguments)
        raise Replaced

    for name in ("ENVIRONMENT_SUFFIX", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(up, "_installed", lambda: True)
    with pytest.raises(Replaced):
        CliRunner().invoke(app, arguments)
    ports = ["--data", ".local", "--api-port", "8080", "--aws-port", "4566"]
    assert calls == [[sys.executable, "-m", "local", *ports, *given]]


def test_up_without_the_local_system_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "_MODULE", "no_such_package")
    result = CliRunner().invoke(app, ["up"])
    assert result.exit_code == 2
    assert result.stderr.startswith("video-pipeline: The part that runs everything on one machine is not installed")

"""Processes that are kept running, and that never outlive the one who keeps them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import supervisor as supervision
from local.environment import ROOT, variables
from local.logfiles import ROTATE_ABOVE, for_people, level, open_log
from local.process import Program
from local.supervisor import CannotStart, Restarts, Supervisor, Surroundings

TOY = """
import json, os, pathlib, signal, sys, time
from local import child

folder = pathlib.Path(os.environ["TOY_FOLDER"])

def note(word):
    with open(folder / "notes", "a") as notes:
        notes.write(f"{sys.argv[1]} {word}\\n")

def main():
    name, way = sys.argv[1], sys.argv[2]
    note("began")
    (folder / f"{name}.pid").write_text(str(os.getpid()))
    if way == "refuse":
        child.failed("It can't be done.")
        sys.exit(1)
    if way == "vanish":
        sys.exit(1)
    if way == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(note("stopped") or 0))
    print(json.dumps({"level": "WARNING", "message": "look here", "service": name}), file=sys.stderr, flush=True)
    child.ready(name=name)
    if way == "brief":
        sys.exit(5)
    time.sleep(600)

main()
"""


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class Stage:
    """A supervisor of toy programs, and everything it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "toy.py").write_text(TOY)
        self.said: list[str] = []
        self.shown: list[bytes] = []
        user = {**os.environ, "PYTHONPATH": str(folder), "TOY_FOLDER": str(folder)}
        own = variables(user, region="r", suffix="s", aws_url="", api_url="")
        self.supervisor = Supervisor(Surroundings(own, folder / "logs", self.shown.append, self.said.append))

    def program(self, name: str, way: str = "steady", stop_seconds: float = 10.0) -> Program:
        return Program(name, "toy", (name, way), stop_seconds=stop_seconds)

    @property
    def notes(self) -> list[str]:
        return (self.folder / "notes").read_text().splitlines()

    def pid(self, name: str) -> int:
        return int((self.folder / f"{name}.pid").read_text())


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(supervision, "PAUSES", (0.0, 0.0, 0.0))
    stage = Stage(tmp_path)
    yield stage
    stage.supervisor.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_programs_are_ready_when_they_say_so_and_stop_in_the_opposite_order(stage: Stage) -> None:
    assert stage.supervisor.start(stage.program("first")) == [{"ready": True, "name": "first"}]
    stage.supervisor.start(stage.program("second"), stage.program("third"))
    stage.supervisor.stop()
    assert [note for note in stage.notes if "stopped" in note] == ["third stopped", "second stopped", "first stopped"]


def test_a_killed_program_is_started_again(stage: Stage) -> None:
    stage.supervisor.start(stage.program("worker"))
    before = stage.supervisor.pid("worker")
    os.kill(before, signal.SIGKILL)
    assert wait_until(lambda: stage.notes.count("worker began") == 2)
    assert wait_until(lambda: stage.supervisor.pid("worker") != before)
    assert stage.said == ["The worker ended (SIGKILL) and is started again."]


def test_a_program_that_keeps_ending_is_given_up_with_a_reason(stage: Stage) -> None:
    stage.supervisor.start(stage.program("worker", "brief"))
    reason = stage.supervisor.wait()
    assert reason == f"The worker ends as soon as it is started. Its log: {stage.folder / 'logs' / 'worker.log'}"
    assert stage.notes.count("worker began") == 3


@pytest.mark.parametrize(("way", "reason"), [("refuse", "It can't be done."), ("vanish", "The toy did not start.")])
def test_a_program_that_can_not_start_says_why(stage: Stage, way: str, reason: str) -> None:
    with pytest.raises(CannotStart, match=reason):
        stage.supervisor.start(stage.program("toy", way))


def test_a_program_that_does_not_listen_is_killed(stage: Stage) -> None:
    stage.supervisor.start(stage.program("mule", "stubborn", stop_seconds=0.2))
    pid = stage.pid("mule")
    stage.supervisor.stop()
    assert not alive(pid)


def test_waiting_ends_when_told(stage: Stage) -> None:
    stage.supervisor.start(stage.program("worker"))
    stage.supervisor.finish()
    assert stage.supervisor.wait() is None


def test_warnings_are_shown_and_everything_is_logged(stage: Stage) -> None:
    stage.supervisor.start(stage.program("worker"))
    assert wait_until(lambda: bool(stage.shown))
    assert for_people(stage.shown[0]) == "warning (worker): look here"
    assert "look here" in (stage.folder / "logs" / "worker.log").read_text()


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    """kill -9 leaves it no chance to stop anything."""
    stage = Stage(tmp_path)
    script = f"""
        import pathlib, sys, time
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from local.process import Program
        from local.supervisor import Supervisor, Surroundings
        import os
        around = Surroundings(dict(os.environ), pathlib.Path({str(tmp_path)!r}) / "logs", lambda _: None, print)
        supervisor = Supervisor(around)
        supervisor.start(Program("steady", "toy", ("steady", "steady")))
        print("running", flush=True)
        time.sleep(600)
    """
    environment = {**stage.supervisor.around.variables, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], env=environment, stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "running\n"
        pid = stage.pid("steady")
        assert alive(pid)
        keeper.kill()
    assert wait_until(lambda: not alive(pid))
    assert "steady stopped" in stage.notes


@pytest.mark.parametrize(
    ("runs", "pauses"),
    [
        pytest.param([100, 100, 100], [0.0, 0.0, 0.0], id="good runs begin anew"),
        pytest.param([1, 1, 1, 1, 1], [0.5, 1.0, 2.0, 4.0, None], id="immediate ends are given up"),
        pytest.param([1, 1, 1, 100, 1], [0.5, 1.0, 2.0, 0.0, 0.5], id="a good run forgives"),
    ],
)
def test_when_a_program_is_started_again(runs: list[float], pauses: list[float | None]) -> None:
    restarts = Restarts()
    assert [restarts.pause_after(seconds) for seconds in runs] == pauses


# ------------------------------------------------------------------------------------------------ logs
def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "worker.log"
    for _ in range(2):
        with open_log(path) as log:
            log.write(b"x" * (ROTATE_ABOVE // 2 + 1))
    with open_log(path) as log:
        log.write(b"new")
    assert path.read_bytes() == b"new"
    assert (tmp_path / "logs" / "worker.log.1").stat().st_size > ROTATE_ABOVE


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"level": "ERROR", "message": "m"}\n', "ERROR"),
        (b'{"level": "INFO"}\n', "INFO"),
        (b"Traceback (most recent call last):\n", None),
        (b"{broken\n", None),
        (b"{}\n", None),
    ],
)
def test_the_level_of_a_line(line: bytes, expected: str | None) -> None:
    assert level(line) == expected


def test_a_line_for_people_names_what_it_is_about() -> None:
    line = json.dumps({"level": "ERROR", "service": "processor", "message": "failed", "job_id": "7"}).encode()
    assert for_people(line) == "error (processor): failed job_id=7"


# ----------------------------------------------------------------------------------------- environment
def test_nothing_of_the_users_aws_reaches_a_process() -> None:
    user = {
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SESSION_TOKEN": "t",
        "OPENAI_API_KEY": "sk",
        "HTTP_PROXY": "http://proxy:3128",
        "no_proxy": "intranet",
        "PYTHONPATH": "/mine",
        "SHUTDOWN_SECONDS": "30",
    }
    own = variables(user, region="eu-west-1", suffix="x", aws_url="http://127.0.0.1:1", api_url="http://127.0.0.1:2")
    assert {name for name in own if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
    }
    assert own["AWS_ACCESS_KEY_ID"] == "local"
    assert (own["OPENAI_API_KEY"], own["SHUTDOWN_SECONDS"]) == ("sk", "30")
    assert own["NO_PROXY"] == own["no_proxy"] == "127.0.0.1,localhost,intranet"
    assert own["PYTHONPATH"] == f"{ROOT}{os.pathsep}/mine"

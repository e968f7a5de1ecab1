"""The whole system on one machine: it starts, says where it is, heals, and comes back with what it held."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from local import postgres, resources
from local.environment import ROOT
from local.places import Lock, Places
from local.run import Options, System
from local.supervisor import CannotStart

pytestmark = pytest.mark.timeout(120)


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def answer_of(url: str, key: str | None = None) -> int:
    request = urllib.request.Request(url, headers={"X-API-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not under the test's own temporary folder: started by root, the database opens the folders above it."""
    with tempfile.TemporaryDirectory(prefix="vp-local-") as folder:
        yield Path(folder) / "data"


class Terminal:
    """`python -m local`, as the CLI starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", "--data", str(folder), "--api-port", "0", "--aws-port", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def described(self) -> dict[str, Any]:
        path = self.folder / "endpoint.json"
        assert wait_until(path.exists), self.end(signal.SIGTERM)
        return dict(json.loads(path.read_text()))

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output


def processes_of(folder: Path) -> list[int]:
    """Everything that names the folder on its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def killed(folder: Path) -> SimpleNamespace:
    """What a first run in a terminal said and held, before it was killed with -9; nothing of it is left."""
    terminal = Terminal(folder)
    described = terminal.described()
    s3 = resources.session("us-east-1").client("s3", endpoint_url=described["aws_endpoint_url"])
    s3.put_object(Bucket="media-bucket-local", Key="kept", Body=b"kept")
    key = Path(described["api_key_file"]).read_text().strip()
    pid = terminal.process.pid
    _, output = terminal.end(signal.SIGKILL)
    assert wait_until(lambda: processes_of(folder) == []), "something was left behind"
    return SimpleNamespace(described=described, key=key, output=output, pid=pid)


@pytest.fixture(scope="module")
def system(folder: Path, killed: SimpleNamespace) -> Iterator[System]:
    """A second run on what the first one left."""
    with System(Options(data=folder, api_port=0, aws_port=0, sweep_seconds=1)) as system:
        yield system
    assert processes_of(folder) == []
    assert not system.places.endpoint.exists()


def s3_of(system: System) -> Any:
    return resources.session("us-east-1").client("s3", endpoint_url=system.aws_endpoint_url)


def test_it_describes_itself_when_it_is_ready(system: System, folder: Path) -> None:
    described = json.loads((folder / "endpoint.json").read_text())
    assert described == {
        "api_url": system.api_url,
        "aws_endpoint_url": system.aws_endpoint_url,
        "region": "us-east-1",
        "database_url": system.database_url,
        "suffix": "local",
        "api_key_file": str(folder / "api-key"),
        "pid": os.getpid(),
    }
    assert answer_of(f"{system.api_url}/healthz") == 200


def test_the_first_run_described_itself_the_same_way(system: System, killed: SimpleNamespace) -> None:
    assert killed.described["pid"] == killed.pid
    assert set(killed.described) == set(json.loads(system.places.endpoint.read_text()))


def test_its_key_is_made_once_shown_once_and_opens_the_api(system: System, killed: SimpleNamespace) -> None:
    assert killed.key in killed.output
    assert (system.api_key, system.new_api_key) == (killed.key, None)
    assert system.places.api_key.stat().st_mode & 0o777 == 0o600
    assert answer_of(f"{system.api_url}/api/v1/jobs", system.api_key) == 200
    assert answer_of(f"{system.api_url}/api/v1/jobs") == 401


def test_what_was_stored_before_the_kill_is_there(system: System) -> None:
    assert s3_of(system).get_object(Bucket="media-bucket-local", Key="kept")["Body"].read() == b"kept"


def test_its_database_is_migrated(system: System) -> None:
    with psycopg.connect(system.database_url) as connection:
        assert connection.execute("select count(*) from migrations").fetchone() != (0,)
        version = connection.execute("show server_version_num").fetchone()
    assert version is not None
    assert int(version[0]) // 10_000 == 16


def test_only_loopback_can_reach_it(system: System) -> None:
    for url in (system.api_url, system.aws_endpoint_url):
        port = int(url.rsplit(":", 1)[1])
        listening = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=False)
        if listening.returncode == 0 and listening.stdout:
            assert all(line.split()[3].startswith("127.0.0.1:") for line in listening.stdout.splitlines())
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_a_second_one_on_the_same_folder_says_so(system: System, folder: Path) -> None:
    with pytest.raises(CannotStart, match=rf"already runs on {folder} \(process {os.getpid()}\)"):
        System(Options(data=folder, api_port=0, aws_port=0)).__enter__()
    assert answer_of(f"{system.api_url}/healthz") == 200


@pytest.mark.parametrize("name", ["api", "pump", "aws", "postgres"])
def test_a_killed_process_is_replaced_and_everything_goes_on(system: System, name: str) -> None:
    s3 = s3_of(system)
    s3.put_object(Bucket="media-bucket-local", Key=f"before-{name}", Body=name.encode())
    before = system.pid(name)
    os.kill(before, signal.SIGKILL)
    assert wait_until(lambda: system.pid(name) != before)
    assert wait_until(lambda: answer_of(f"{system.api_url}/api/v1/jobs", system.api_key) == 200)
    s3.put_object(Bucket="media-bucket-local", Key="after", Body=b"x")
    assert s3.get_object(Bucket="media-bucket-local", Key=f"before-{name}")["Body"].read() == name.encode()


def test_records_are_forwarded_to_the_functions(system: System, folder: Path) -> None:
    """A record that can't be read comes out at the other end, in the dead-letter queue of its consumer."""
    session = resources.session("us-east-1")
    kinesis: Any = session.client("kinesis", endpoint_url=system.aws_endpoint_url)
    sqs: Any = session.client("sqs", endpoint_url=system.aws_endpoint_url)
    kinesis.put_record(StreamName="ingestion-stream-local", Data=b"no json", PartitionKey="k")
    url = sqs.get_queue_url(QueueName="ingest-dlq-local")["QueueUrl"]
    letters: list[str] = []

    def look() -> list[str]:
        letters.extend(message["Body"] for message in sqs.receive_message(QueueUrl=url).get("Messages", []))
        return letters

    assert wait_until(look)
    assert "not_json" in letters[0]
    assert wait_until((folder / "logs" / "sweeper-local.log").exists)


def test_it_can_be_interrupted_while_it_starts() -> None:
    with tempfile.TemporaryDirectory(prefix="vp-local-") as place:
        data = Path(place) / "data"
        terminal = Terminal(data)
        assert wait_until(lambda: len(processes_of(data)) > 1)
        assert terminal.end(signal.SIGINT) == (0, "Stopped.\n")
        assert wait_until(lambda: processes_of(data) == [])


# ----------------------------------------------------------------------------------- what can't start
def refusal(options: Options) -> str:
    with pytest.raises(CannotStart) as refused:
        System(options).__enter__()
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_a_folder_with_a_space_is_refused(tmp_path: Path) -> None:
    assert "a space in its path" in refusal(Options(data=tmp_path / "my data", api_port=0, aws_port=0))


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "can't be made: Not a directory" in refusal(Options(data=tmp_path / "file" / "data"))


@pytest.mark.parametrize("flag", ["--api-port", "--aws-port"])
def test_a_port_that_is_taken_is_named_with_its_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    monkeypatch.setattr("local.running.PORT_PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"api_port": 0, "aws_port": 0, flag.strip("-").replace("-", "_"): port}
        line = refusal(Options(data=tmp_path / "data", **ports))
    assert line == f"Port {port} can't be used (Address already in use). Choose another one with {flag}."
    lock = Lock(Places(tmp_path / "data"))
    lock.take()
    lock.release()


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("18\n")
    with pytest.raises(postgres.CannotServe, match="is of PostgreSQL 18, this is 16"):
        postgres.start(tmp_path)


def test_a_server_that_does_not_start_says_why() -> None:
    with tempfile.TemporaryDirectory(prefix="vp-local-") as place:
        folder = Path(place) / "postgres"
        folder.mkdir()
        (folder / "stray").touch()
        with pytest.raises(postgres.CannotServe, match="PostgreSQL does not start in"):
            postgres.start(folder)


def test_a_lock_file_of_another_program_does_not_stop_the_server(tmp_path: Path) -> None:
    """The process id of before the machine went down may be anybody's now."""
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (tmp_path / ".handle_pids.json").write_text("[1]")
    postgres._forget_the_dead(tmp_path)
    assert list(tmp_path.iterdir()) == []

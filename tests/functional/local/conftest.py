"""A server of the emulated AWS, for tests that need one: started, killed and started again as they like."""

from __future__ import annotations

import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from local import resources
from local.environment import variables
from local.process import Process, Program

MEDIA = "media-bucket-test"
STREAM = "ingestion-stream-test"
PAGE = "http://127.0.0.1:5173"
FAST = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, max_pool_connections=50)


class Aws:
    """One server process on a data folder; several may follow one another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: Process | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        opened = resources.session("us-east-1")
        self.s3: Any = opened.client("s3", endpoint_url=self.url, config=FAST)
        self.kinesis: Any = opened.client("kinesis", endpoint_url=self.url, config=FAST)
        self.sqs: Any = opened.client("sqs", endpoint_url=self.url, config=FAST)
        self.functions: Any = opened.client("lambda", endpoint_url=self.url, config=FAST)
        self.iam: Any = opened.client("iam", endpoint_url=self.url, config=FAST)

    def start(self, *arguments: str) -> None:
        number = self.listener.fileno()
        given = ("--data", str(self.folder), "--fd", str(number), "--suffix", "test", *arguments)
        own = variables(os.environ, region="us-east-1", suffix="test", aws_url=self.url, api_url="")
        program = Program("aws", "local.aws", given, (number,))
        self.process = Process(program, own, self.folder / "logs" / "aws.log", lambda _: None)
        assert self.process.ready(60) == {"ready": True}

    def kill(self) -> None:
        """With -9."""
        if self.process is not None:
            os.kill(self.process.pid, 9)
            self.process.wait()
            self.process = None

    def restart(self, *arguments: str) -> None:
        self.kill()
        self.start(*arguments)

    def close(self) -> None:
        self.kill()
        self.listener.close()

    @property
    def files(self) -> int:
        """How many files hold bodies."""
        return sum(1 for _ in self.folder.glob("aws/objects/*/*"))

    @property
    def peak(self) -> int:
        """The most memory that the process has ever had, in bytes."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def queue(self, name: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def receive(self, name: str, **request: Any) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue(name),
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            **{"WaitTimeSeconds": 0, **request},
        )
        return list(answer.get("Messages", []))

    def records(self, name: str = STREAM, **position: Any) -> list[dict[str, Any]]:
        start = position or {"ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.kinesis.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000", **start)
        return list(self.kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"])

    def upload(self, key: str, parts: list[bytes], **options: Any) -> dict[str, Any]:
        upload = self.s3.create_multipart_upload(Bucket=MEDIA, Key=key, **options)["UploadId"]
        done = [self.part(key, upload, number, part) for number, part in enumerate(parts, start=1)]
        answer = self.s3.complete_multipart_upload(
            Bucket=MEDIA, Key=key, UploadId=upload, MultipartUpload={"Parts": done}
        )
        return dict(answer)

    def part(self, key: str, upload: str, number: int, content: bytes) -> dict[str, Any]:
        answer = self.s3.upload_part(Bucket=MEDIA, Key=key, UploadId=upload, PartNumber=number, Body=content)
        return {"PartNumber": number, "ETag": answer["ETag"]}


@pytest.fixture(scope="session")
def new_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Aws]]:
    """Makes servers that are not started yet, each on a folder of its own."""
    made: list[Aws] = []

    def make() -> Aws:
        made.append(Aws(tmp_path_factory.mktemp("aws")))
        return made[-1]

    yield make
    for aws in made:
        aws.close()


@pytest.fixture(scope="session")
def aws(new_aws: Callable[[], Aws]) -> Aws:
    """A running one that lets pages of http://127.0.0.1:5173 in."""
    server = new_aws()
    server.start("--origin", PAGE)
    return server


@pytest.fixture(scope="session")
def eventually() -> Callable[..., bool]:
    """Waits until a condition holds, or long enough."""

    def wait(condition: Callable[[], object], seconds: float = 30.0) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.02)
        return bool(condition())

    return wait


@pytest.fixture(scope="session")
def http_status() -> Callable[..., int]:
    """The status that a URL answers with."""

    def ask(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> int:
        request = urllib.request.Request(url, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    return ask

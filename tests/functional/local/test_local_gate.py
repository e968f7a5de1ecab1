"""Who is let in, and what a server does at its limits: it refuses rather than forget or fill up the memory."""

from __future__ import annotations

import hashlib
import os
import resource
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

MIB = 1024 * 1024
MEDIA = "media-bucket-test"
STREAM = "ingestion-stream-test"
QUEUE = "processing-queue-test"
PAGE = "http://127.0.0.1:5173"
BIG = os.urandom(3 * MIB)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="a program"),
        pytest.param({"Origin": "http://evil.example"}, 403, id="a page of somewhere else"),
        pytest.param({"Origin": "null"}, 403, id="a sandboxed page"),
        pytest.param({"Host": "evil.example"}, 403, id="a name that was bent to loopback"),
        pytest.param({"Host": "localhost:4566"}, 200, id="another name of loopback"),
    ],
)
def test_only_programs_and_known_pages_are_let_in(
    aws: Any, http_status: Callable[..., int], headers: dict[str, str], status: int
) -> None:
    assert http_status(f"{aws.url}/", headers) == status


def test_moto_can_not_be_told_to_forget(aws: Any, http_status: Callable[..., int]) -> None:
    assert http_status(f"{aws.url}/moto-api/reset", method="POST") == 403


def test_a_page_of_a_known_origin_may_upload_and_read(aws: Any) -> None:
    url = aws.s3.generate_presigned_url("put_object", Params={"Bucket": MEDIA, "Key": "k"})
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    with urllib.request.urlopen(urllib.request.Request(url, method="OPTIONS", headers=asks)) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    put = urllib.request.Request(url, data=b"from a page", method="PUT", headers={"Origin": PAGE})
    with urllib.request.urlopen(put) as answer:
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert aws.s3.get_object(Bucket=MEDIA, Key="k")["Body"].read() == b"from a page"


def test_a_film_of_many_megabytes_takes_no_memory(aws: Any, tmp_path: Path) -> None:
    """A single PUT, an upload in parts, and reading both: the process stays below what the film alone would take."""
    size = 96 * MIB
    film = tmp_path / "film"
    with film.open("wb") as file:
        for _ in range(size // MIB):
            file.write(BIG[:MIB])
    settled = aws.peak
    with film.open("rb") as file:
        aws.s3.put_object(Bucket=MEDIA, Key="single", Body=file)
    aws.s3.upload_file(str(film), MEDIA, "parts")
    for key in ("single", "parts"):
        assert _read(aws, key) == size
        assert _read(aws, key, Range="bytes=1-") == size - 1
    assert aws.peak - settled < size // 2


def _read(aws: Any, key: str, **options: str) -> int:
    body = aws.s3.get_object(Bucket=MEDIA, Key=key, **options)["Body"]
    return sum(len(piece) for piece in body.iter_chunks(MIB))


def test_what_can_not_be_kept_is_not_acknowledged(new_aws: Callable[[], Any]) -> None:
    """The process may write no file larger than 3 MiB: the journal's log is full before long."""
    aws = new_aws()
    aws.start()
    resource.prlimit(aws.process.pid, resource.RLIMIT_FSIZE, (3 * MIB, 3 * MIB))
    url, kept = aws.queue(QUEUE), Acknowledged()
    for number in range(8):
        content = hashlib.sha256(str(number).encode()).hexdigest() * 8_000
        name = content[:8]
        kept.attempt(name, "record", aws.kinesis.put_record, StreamName=STREAM, Data=content, PartitionKey="k")
        kept.attempt(name, "message", aws.sqs.send_message, QueueUrl=url, MessageBody=content[:200_000])
        kept.attempt(name, "object", aws.s3.put_object, Bucket=MEDIA, Key=name, Metadata={"m": "m" * 1500})
    aws.restart()
    assert kept.refused
    assert {record["Data"][:8].decode() for record in aws.records()} >= kept.names["record"]
    assert {message["Body"][:8] for message in aws.receive(QUEUE)} >= kept.names["message"]
    listed = aws.s3.list_objects_v2(Bucket=MEDIA).get("Contents", [])
    assert {item["Key"] for item in listed} >= kept.names["object"]


class Acknowledged:
    """What a server said that it has."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {"record": set(), "message": set(), "object": set()}
        self.refused: list[str] = []

    def attempt(self, name: str, kind: str, act: Callable[..., Any], **request: Any) -> None:
        try:
            act(**request)
            self.names[kind].add(name)
        except (ClientError, BotoCoreError):
            self.refused.append(name)

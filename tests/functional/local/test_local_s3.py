"""The emulated S3 keeps what it acknowledged, through a kill -9, byte for byte; and tells of it once."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

MIB = 1024 * 1024
MEDIA = "media-bucket-test"
RESULTS = "results-bucket-test"  # keeps no versions
STREAM = "ingestion-stream-test"
QUEUE = "processing-queue-test"
PAGE = "http://127.0.0.1:5173"

PARTS = [os.urandom(5 * MIB), os.urandom(5 * MIB), os.urandom(777)]
WHOLE = b"".join(PARTS)
BIG = os.urandom(3 * MIB)


@pytest.fixture(scope="module")
def survivor(new_aws: Callable[[], Any]) -> Any:
    """A server that was filled, killed with -9 and started again; and what it had answered before."""
    aws, before = new_aws(), SimpleNamespace()
    aws.start()
    _fill_objects(aws, before)
    _fill_versions(aws, before)
    _fill_uploads(aws, before)
    aws.restart()
    return SimpleNamespace(aws=aws, before=before)


def _fill_objects(aws: Any, before: Any) -> None:
    key = "uploads/Ümläut & 🎬 film.mp4"
    before.put = aws.s3.put_object(
        Bucket=MEDIA,
        Key=key,
        Body=b"film",
        ContentType="video/mp4",
        Metadata={"title": "A_B"},
        Tagging="state=new",
        ContentDisposition="inline",
    )
    aws.s3.put_object(Bucket=MEDIA, Key="big", Body=BIG)
    aws.s3.put_object(Bucket=MEDIA, Key="empty", Body=b"")
    before.multipart = aws.upload("multipart", PARTS, ContentType="video/webm", Metadata={"by": "parts"})
    aws.s3.put_object(Bucket=MEDIA, Key="gone", Body=b"x")
    aws.s3.delete_object(Bucket=MEDIA, Key="gone")
    aws.s3.put_object(Bucket=MEDIA, Key="twice", Body=b"first")
    aws.s3.put_object(Bucket=MEDIA, Key="twice", Body=b"second")
    aws.s3.copy_object(Bucket="results-bucket-test", Key="copy", CopySource=f"{MEDIA}/multipart")
    for number in (1, 2, 3):
        aws.s3.put_object(Bucket=MEDIA, Key=f"many/{number}", Body=b"x")
    aws.s3.delete_objects(Bucket=MEDIA, Delete={"Objects": [{"Key": "many/1"}, {"Key": "many/2"}]})


def _fill_uploads(aws: Any, before: Any) -> None:
    before.upload = aws.s3.create_multipart_upload(Bucket=MEDIA, Key="unfinished", ContentType="video/mp4")["UploadId"]
    before.part = aws.part("unfinished", before.upload, 1, PARTS[0])
    aborted = aws.s3.create_multipart_upload(Bucket=MEDIA, Key="aborted")["UploadId"]
    aws.part("aborted", aborted, 1, PARTS[2])
    aws.s3.abort_multipart_upload(Bucket=MEDIA, Key="aborted", UploadId=aborted)


def _fill_versions(aws: Any, before: Any) -> None:
    aws.s3.create_bucket(Bucket="versioned")
    aws.s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    before.versions = [
        aws.s3.put_object(Bucket="versioned", Key="k", Body=body)["VersionId"] for body in (b"one", b"two", b"three")
    ]
    aws.s3.delete_object(Bucket="versioned", Key="k", VersionId=before.versions[1])
    aws.s3.delete_object(Bucket="versioned", Key="k")


def test_an_object_keeps_its_bytes_headers_metadata_and_tags(survivor: Any) -> None:
    key = "uploads/Ümläut & 🎬 film.mp4"
    found = survivor.aws.s3.get_object(Bucket=MEDIA, Key=key)
    assert found["Body"].read() == b"film"
    assert (found["ContentType"], found["ContentDisposition"]) == ("video/mp4", "inline")
    assert (found["Metadata"], found["ETag"]) == ({"title": "A_B"}, survivor.before.put["ETag"])
    tags = survivor.aws.s3.get_object_tagging(Bucket=MEDIA, Key=key)["TagSet"]
    assert tags == [{"Key": "state", "Value": "new"}]


def test_large_and_empty_bodies_survive(survivor: Any) -> None:
    assert survivor.aws.s3.get_object(Bucket=MEDIA, Key="big")["Body"].read() == BIG
    assert survivor.aws.s3.get_object(Bucket=MEDIA, Key="empty")["Body"].read() == b""


def test_an_object_of_parts_is_whole_and_can_be_read_by_ranges(survivor: Any) -> None:
    found = survivor.aws.s3.get_object(Bucket=MEDIA, Key="multipart")
    assert found["Body"].read() == WHOLE
    assert (found["ETag"], found["Metadata"]) == (survivor.before.multipart["ETag"], {"by": "parts"})
    for first, last in ((0, 0), (5 * MIB - 2, 5 * MIB + 2), (10 * MIB, len(WHOLE) - 1)):
        part = survivor.aws.s3.get_object(Bucket=MEDIA, Key="multipart", Range=f"bytes={first}-{last}")
        assert part["Body"].read() == WHOLE[first : last + 1]
        assert part["ContentRange"] == f"bytes {first}-{last}/{len(WHOLE)}"
    tail = survivor.aws.s3.get_object(Bucket=MEDIA, Key="multipart", Range="bytes=-5")
    assert tail["Body"].read() == WHOLE[-5:]
    head = survivor.aws.s3.head_object(Bucket=MEDIA, Key="multipart")
    assert (head["ContentLength"], head["ContentType"]) == (len(WHOLE), "video/webm")


def test_a_range_beyond_the_end_is_refused(survivor: Any) -> None:
    with pytest.raises(ClientError, match="InvalidRange"):
        survivor.aws.s3.get_object(Bucket=MEDIA, Key="multipart", Range=f"bytes={len(WHOLE)}-")


def test_a_copy_stands_by_itself(survivor: Any) -> None:
    survivor.aws.s3.put_object(Bucket=MEDIA, Key="source", Body=BIG)
    survivor.aws.s3.copy_object(Bucket=MEDIA, Key="target", CopySource=f"{MEDIA}/source")
    survivor.aws.s3.delete_object(Bucket=MEDIA, Key="source")
    assert survivor.aws.s3.get_object(Bucket=MEDIA, Key="target")["Body"].read() == BIG
    assert survivor.aws.s3.get_object(Bucket="results-bucket-test", Key="copy")["Body"].read() == WHOLE


def test_what_was_deleted_stays_away_and_what_was_overwritten_is_new(survivor: Any) -> None:
    keys = {item["Key"] for item in survivor.aws.s3.list_objects_v2(Bucket=MEDIA)["Contents"]}
    assert "gone" not in keys
    assert {key for key in keys if key.startswith("many/")} == {"many/3"}
    assert survivor.aws.s3.get_object(Bucket=MEDIA, Key="twice")["Body"].read() == b"second"


def test_versions_and_delete_markers_survive(survivor: Any) -> None:
    s3, (one, _, three) = survivor.aws.s3, survivor.before.versions
    assert s3.get_bucket_versioning(Bucket="versioned")["Status"] == "Enabled"
    listed = s3.list_object_versions(Bucket="versioned")
    assert [version["VersionId"] for version in listed["Versions"]] == [three, one]
    assert [marker["IsLatest"] for marker in listed["DeleteMarkers"]] == [True]
    assert s3.get_object(Bucket="versioned", Key="k", VersionId=one)["Body"].read() == b"one"
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="versioned", Key="k")


def test_an_upload_goes_on_where_it_stopped(survivor: Any) -> None:
    aws, upload = survivor.aws, survivor.before.upload
    listed = aws.s3.list_parts(Bucket=MEDIA, Key="unfinished", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, 5 * MIB)]
    second = aws.part("unfinished", upload, 2, PARTS[2])
    aws.s3.complete_multipart_upload(
        Bucket=MEDIA, Key="unfinished", UploadId=upload, MultipartUpload={"Parts": [survivor.before.part, second]}
    )
    found = aws.s3.get_object(Bucket=MEDIA, Key="unfinished")
    assert found["Body"].read() == PARTS[0] + PARTS[2]
    assert found["ContentType"] == "video/mp4"


def test_completing_the_same_upload_again_gives_the_same_object(survivor: Any) -> None:
    aws = survivor.aws
    upload = aws.s3.create_multipart_upload(Bucket=MEDIA, Key="again")["UploadId"]
    parts = {"Parts": [aws.part("again", upload, 1, PARTS[2])]}
    answers = [
        aws.s3.complete_multipart_upload(Bucket=MEDIA, Key="again", UploadId=upload, MultipartUpload=parts)["ETag"]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


def test_a_wrong_part_leaves_the_upload_as_it_was(survivor: Any) -> None:
    aws = survivor.aws
    upload = aws.s3.create_multipart_upload(Bucket=MEDIA, Key="wrong")["UploadId"]
    good = aws.part("wrong", upload, 1, PARTS[2])
    bad = {"Parts": [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]}
    with pytest.raises(ClientError, match="InvalidPart"):
        aws.s3.complete_multipart_upload(Bucket=MEDIA, Key="wrong", UploadId=upload, MultipartUpload=bad)
    aws.s3.complete_multipart_upload(Bucket=MEDIA, Key="wrong", UploadId=upload, MultipartUpload={"Parts": [good]})
    assert aws.s3.get_object(Bucket=MEDIA, Key="wrong")["Body"].read() == PARTS[2]


def test_an_unknown_upload_is_named(survivor: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchUpload"):
        survivor.aws.part("aborted", "nonsense", 1, b"x")


def test_files_that_nobody_needs_are_gone(survivor: Any) -> None:
    aws = survivor.aws
    before = aws.files
    for body in (BIG, BIG[::-1]):
        aws.s3.put_object(Bucket=RESULTS, Key="replaced", Body=body)
    assert aws.s3.get_object(Bucket=RESULTS, Key="replaced")["Body"].read() == BIG[::-1]
    aws.s3.delete_object(Bucket=RESULTS, Key="replaced")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        aws.s3.put_object(Bucket="no-such-bucket", Key="k", Body=BIG)
    assert aws.files == before


def test_an_upload_that_breaks_off_leaves_nothing(survivor: Any, eventually: Callable[..., bool]) -> None:
    aws = survivor.aws
    before = aws.files
    with socket.create_connection(aws.listener.getsockname()) as connection:
        head = f"PUT /{MEDIA}/half HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {3 * MIB}\r\n\r\n"
        connection.sendall(head.encode() + BIG[:MIB])
    assert eventually(lambda: aws.files == before)
    with pytest.raises(ClientError, match="404"):
        aws.s3.head_object(Bucket=MEDIA, Key="half")


# ---------------------------------------------------------------------------------------- notifications
def test_each_arriving_film_is_told_once_and_in_the_shape_of_s3(survivor: Any) -> None:
    aws, queue = survivor.aws, "uploads-queue-test"
    aws.sqs.purge_queue(QueueUrl=aws.queue(queue))
    aws.s3.put_object(Bucket=MEDIA, Key="uploads/a b/ö+.MP4", Body=b"film", Metadata={"k": "v"})
    aws.upload("uploads/parts.mp4", PARTS)
    aws.s3.put_object(Bucket=MEDIA, Key="uploads/notes.txt", Body=b"no film")
    aws.s3.put_object(Bucket=MEDIA, Key="elsewhere/film.mp4", Body=b"not an upload")
    told = [json.loads(message["Body"])["Records"][0] for message in aws.receive(queue)]
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in told] == [
        ("ObjectCreated:Put", "uploads/a+b/%C3%B6%2B.MP4"),
        ("ObjectCreated:CompleteMultipartUpload", "uploads/parts.mp4"),
    ]
    assert told[1]["s3"]["object"]["size"] == len(WHOLE)
    assert told[0]["s3"]["object"]["sequencer"] < told[1]["s3"]["object"]["sequencer"]


def test_a_restart_tells_of_nothing_again(survivor: Any) -> None:
    told = [json.loads(message["Body"]) for message in survivor.aws.receive("uploads-queue-test")]
    keys = [body["Records"][0]["s3"]["object"]["key"] for body in told if "Records" in body]
    assert len(keys) == len(set(keys))

"""Multipart uploads to S3: our own, with flat memory, and those granted to others by presigned URLs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from video_pipeline.aws.downloads import pinned
from video_pipeline.aws.errors import translated
from video_pipeline.errors import BadInput, NotFound, PipelineError, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SentPart, UploadGrant

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

_log = logging.getLogger(__name__)
_MIB: Final = 1024**2
PART: Final = 16 * _MIB
_WRONG_PARTS: Final = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"}
GRANTED_PARTS: Final = 1_000  # S3 would take ten times as many, but all their URLs travel in one answer


def write_parts(client: S3Client, target: ObjectRef, parts: Iterable[bytes], *, content_type: str) -> ObjectRef:
    """One part at a time. Whatever is raised underway, the upload is aborted and no object appears."""
    upload_id = start(client, target, content_type=content_type)
    try:
        etags = [_put_part(client, target, upload_id, number, part) for number, part in enumerate(parts, start=1)]
        return _finish(client, target, upload_id, etags)
    except BaseException:
        _abort(client, target, upload_id)
        raise


def start(client: S3Client, target: ObjectRef, *, content_type: str) -> str:
    with translated("s3:PutObject", target.uri):
        answer = client.create_multipart_upload(Bucket=target.bucket, Key=target.key, ContentType=content_type)
    return answer["UploadId"]


def complete(client: S3Client, target: ObjectRef, upload_id: str, etags: Sequence[str]) -> ObjectRef:
    """`NotFound("upload_missing")`: aborted or completed before. BadInput("upload_parts_wrong"): not what was sent."""
    numbered: list[CompletedPartTypeDef] = [
        {"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)
    ]
    try:
        with translated("s3:PutObject", target.uri):
            answer = client.complete_multipart_upload(
                Bucket=target.bucket, Key=target.key, UploadId=upload_id, MultipartUpload={"Parts": numbered}
            )
    except BadInput as error:
        if known := _not_completed(error, target):
            raise known from error
        raise
    return pinned(target, answer)


def grant(client: S3Client, target: ObjectRef, *, size: int, content_type: str, seconds: int) -> UploadGrant:
    """Each URL takes exactly the bytes of its part: the length is signed, so that nobody sends more than announced."""
    if size < 1:
        raise BadInput("object_empty", "An upload has at least one byte.")
    part = part_size(size)
    upload_id = start(client, target, content_type=content_type)
    numbers = range(1, -(-size // part) + 1)
    urls, expires = presign(client, target, upload_id, size=size, numbers=numbers, seconds=seconds)
    return UploadGrant(upload_id, part, tuple(urls.values()), expires)


def presign(
    client: S3Client, target: ObjectRef, upload_id: str, *, size: int, numbers: Iterable[int], seconds: int
) -> tuple[dict[int, str], datetime]:
    """URLs of parts by their numbers, and when they expire. BadInput("part_unknown") for one that there is not."""
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    urls = {}
    with translated("s3:PutObject", target.uri):
        for number in numbers:
            parameters = {
                "Bucket": target.bucket,
                "Key": target.key,
                "UploadId": upload_id,
                "PartNumber": number,
                "ContentLength": _length(size, number),
            }
            urls[number] = client.generate_presigned_url("upload_part", Params=parameters, ExpiresIn=seconds)
    return urls, expires


def sent(client: S3Client, target: ObjectRef, upload_id: str) -> list[SentPart]:
    """`NotFound("upload_missing")`: aborted or completed before."""
    try:
        with translated("s3:ListMultipartUploadParts", target.uri):
            pages = client.get_paginator("list_parts").paginate(
                Bucket=target.bucket, Key=target.key, UploadId=upload_id
            )
            return [
                SentPart(number=part["PartNumber"], size=part["Size"], etag=part["ETag"])
                for page in pages
                for part in page.get("Parts", [])
            ]
    except BadInput as error:
        if known := _not_completed(error, target):
            raise known from error
        raise


def _length(size: int, number: int) -> int:
    part = part_size(size)
    length = min(part, size - (number - 1) * part)
    if number < 1 or length < 1:
        message = f"An upload of {size} bytes has no part {number}."
        raise BadInput("part_unknown", message, hint=f"Parts are numbered from 1 to {-(-size // part)}.")
    return length


def part_size(size: int) -> int:
    """Whole mebibytes, so that content of `size` bytes has at most a thousand parts of at least 16 MiB."""
    return max(PART, -(-size // (GRANTED_PARTS * _MIB)) * _MIB)


def regrouped(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, the last one smaller."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= size:
            with memoryview(buffer) as view:
                part = bytes(view[:size])
            del buffer[:size]
            yield part
    if buffer:
        yield bytes(buffer)


def _put_part(client: S3Client, target: ObjectRef, upload_id: str, number: int, part: bytes) -> str:
    with translated("s3:PutObject", target.uri):
        answer = client.upload_part(
            Bucket=target.bucket, Key=target.key, UploadId=upload_id, PartNumber=number, Body=part
        )
    return answer["ETag"]


def _finish(client: S3Client, target: ObjectRef, upload_id: str, etags: Sequence[str]) -> ObjectRef:
    try:
        return complete(client, target, upload_id, etags)
    except NotFound as error:
        # Perhaps the answer to a first try at completing was lost; writing again settles it.
        raise Unavailable("upload_lost", f"The upload to {target.uri} was lost at its end.") from error


def _not_completed(error: BadInput, target: ObjectRef) -> BadInput | None:
    code = error.facts.get("aws_code")
    if code == "NoSuchUpload":
        message = f"The upload to {target.uri} does not exist any more."
        return NotFound("upload_missing", message, hint="Start a new upload.")
    if code in _WRONG_PARTS:
        message = f"The parts sent for {target.uri} are not those named ({code})."
        hint = "Send every part, and complete with the ETag of each, in order."
        return BadInput("upload_parts_wrong", message, hint=hint)
    return None


def _abort(client: S3Client, target: ObjectRef, upload_id: str) -> None:
    try:
        with translated("s3:AbortMultipartUpload", target.uri):
            client.abort_multipart_upload(Bucket=target.bucket, Key=target.key, UploadId=upload_id)
    except PipelineError as error:
        _log.warning("an unfinished upload is left to the bucket's lifecycle: %s", error, extra={"uri": target.uri})

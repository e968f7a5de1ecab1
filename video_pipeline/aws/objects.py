"""S3 objects: flat memory, pinned versions, nothing half-written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from video_pipeline.aws import uploads
from video_pipeline.aws.downloads import PIECE, Download, pinned
from video_pipeline.aws.errors import translated
from video_pipeline.aws.retry import Backoff
from video_pipeline.errors import BadInput, NotFound, Unavailable
from video_pipeline.model import ObjectInfo, ObjectRef
from video_pipeline.ports import SentPart, UploadGrant

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        DeleteMarkerEntryTypeDef,
        HeadObjectRequestTypeDef,
        ObjectIdentifierTypeDef,
        ObjectVersionTypeDef,
    )

    _Entry = ObjectVersionTypeDef | DeleteMarkerEntryTypeDef

_UNQUOTABLE = re.compile(r"[^A-Za-z0-9._ ()-]")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class S3Objects:
    """`ports.Objects` on S3. ETags are without quotes; a version is None where the bucket keeps none."""

    def __init__(
        self, client: S3Client, *, piece: int = PIECE, part: int = uploads.PART, backoff: Backoff | None = None
    ) -> None:
        """`piece` bytes are read at a time, `part` bytes written (S3 takes no part under 5 MiB but the last)."""
        self._client = client
        self._piece = piece
        self._part = part
        self._backoff = backoff or Backoff()

    # ------------------------------------------------------------------------------------------- read
    def head(self, ref: ObjectRef) -> ObjectInfo:
        """`ref` pinned to what is there now; BadInput("object_changed") if it was pinned to something else."""
        request: HeadObjectRequestTypeDef = {"Bucket": ref.bucket, "Key": ref.key}
        if ref.version_id:
            request["VersionId"] = ref.version_id
        if ref.etag:
            request["IfMatch"] = f'"{ref.etag}"'
        with translated("s3:GetObject", ref.uri):
            answer = self._client.head_object(**request)
        return ObjectInfo(
            ref=pinned(ref, answer),
            size=answer["ContentLength"],
            content_type=answer.get("ContentType"),
            modified=answer.get("LastModified"),
        )

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        content = bytearray()
        for piece in self.stream(ref):
            content += piece
            if len(content) > limit:
                message = f"The object {ref.uri} has more than {limit} bytes."
                raise BadInput("object_too_large", message, hint="Send a smaller one.", limit=limit)
        return bytes(content)

    def stream(self, ref: ObjectRef) -> Iterator[bytes]:
        """BadInput("object_changed") if the object was replaced since `ref` was made, or while it was read."""
        return iter(Download(self._client, ref, piece=self._piece, backoff=self._backoff))

    def under(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        """The newest versions, in order of keys; version ids and content types are not told."""
        with translated("s3:ListBucket", f"s3://{bucket}/{prefix}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Contents", []):
                    ref = pinned(ObjectRef(bucket=bucket, key=each["Key"]), each)
                    yield ObjectInfo(ref=ref, size=each["Size"], modified=each["LastModified"])

    # ------------------------------------------------------------------------------------------ write
    def write(self, bucket: str, key: str, data: bytes, *, content_type: str) -> ObjectRef:
        target = ObjectRef(bucket=bucket, key=key)
        with translated("s3:PutObject", target.uri):
            answer = self._client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)
        return pinned(target, answer)

    def write_stream(self, bucket: str, key: str, pieces: Iterable[bytes], *, content_type: str) -> ObjectRef:
        """Multipart from `part` bytes on, else one put; holds about two parts in memory."""
        parts = uploads.regrouped(pieces, self._part)
        first = next(parts, b"")
        if len(first) < self._part:
            return self.write(bucket, key, first, content_type=content_type)
        target = ObjectRef(bucket=bucket, key=key)
        return uploads.write_parts(self._client, target, chain([first], parts), content_type=content_type)

    # ----------------------------------------------------------------------------------------- delete
    def delete(self, bucket: str, keys: Iterable[str]) -> int:
        return sum(self._delete_key(bucket, key) for key in keys)

    def delete_version(self, ref: ObjectRef) -> int:
        if ref.version_id is None:
            return 0
        self._delete_versions(ref.bucket, [{"Key": ref.key, "VersionId": ref.version_id}])
        return 1

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        """BadInput("prefix_missing") for an empty prefix, which would be the whole bucket."""
        if not prefix:
            raise BadInput("prefix_missing", f"Without a prefix everything in {bucket} would be deleted.")
        return sum(self._delete_listed(bucket, prefix, key=None))

    def _delete_key(self, bucket: str, key: str) -> int:
        return sum(self._delete_listed(bucket, key, key=key))

    def _delete_listed(self, bucket: str, prefix: str, *, key: str | None) -> Iterator[int]:
        """Deletes the first page again and again until nothing is left; yields how many versions went each time.

        With `key` only that key: keys come in order, so it leads those that begin with it.
        """
        while True:
            with translated("s3:ListBucketVersions", f"s3://{bucket}/{prefix}"):
                page = self._client.list_object_versions(Bucket=bucket, Prefix=prefix)
            versions = _identities(page.get("Versions", []), key)
            markers = _identities(page.get("DeleteMarkers", []), key)
            if versions or markers:
                self._delete_versions(bucket, versions + markers)
            yield len(versions)
            if not page.get("IsTruncated") or not (versions or markers):
                return

    def _delete_versions(self, bucket: str, identities: Sequence[ObjectIdentifierTypeDef]) -> None:
        with translated("s3:DeleteObjectVersion", f"s3://{bucket}"):
            answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": identities, "Quiet": True})
        if failed := answer.get("Errors", []):
            message = f"{len(failed)} objects of {bucket} could not be deleted ({failed[0].get('Code', 'unknown')})."
            raise Unavailable("objects_not_deleted", message, keys=[each.get("Key") for each in failed[:10]])

    # -------------------------------------------------------------------------------------- presigned
    def presign_get(self, ref: ObjectRef, *, seconds: int, filename: str | None = None) -> str:
        """With `filename` a browser saves it under that name; without, it shows or plays it."""
        parameters = {"Bucket": ref.bucket, "Key": ref.key}
        if ref.version_id:
            parameters["VersionId"] = ref.version_id
        if filename is not None:
            parameters["ResponseContentDisposition"] = disposition(filename)
        with translated("s3:GetObject", ref.uri):
            return self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)

    def presign_parts(self, bucket: str, key: str, *, size: int, content_type: str, seconds: int) -> UploadGrant:
        target = ObjectRef(bucket=bucket, key=key)
        return uploads.grant(self._client, target, size=size, content_type=content_type, seconds=seconds)

    def sent_parts(self, bucket: str, key: str, upload_id: str) -> list[SentPart]:
        return uploads.sent(self._client, ObjectRef(bucket=bucket, key=key), upload_id)

    def presign_again(
        self, bucket: str, key: str, upload_id: str, *, size: int, numbers: Sequence[int], seconds: int
    ) -> tuple[dict[int, str], datetime]:
        target = ObjectRef(bucket=bucket, key=key)
        return uploads.presign(self._client, target, upload_id, size=size, numbers=numbers, seconds=seconds)

    def part_size(self, size: int) -> int:
        return uploads.part_size(size)

    def complete_parts(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> ObjectRef:
        """Repeatable. `NotFound("upload_missing")` if it was aborted; BadInput("upload_parts_wrong") for `etags`."""
        target = ObjectRef(bucket=bucket, key=key)
        try:
            return uploads.complete(self._client, target, upload_id, etags)
        except NotFound as missing:
            try:
                return self.head(target).ref
            except NotFound:
                raise missing from None


def disposition(filename: str) -> str:
    """Content-Disposition (RFC 6266) that saves under `filename`'s last part, whatever is written in it."""
    name = _INVISIBLE.sub("", filename.replace("\\", "/").rpartition("/")[2]).strip(" .") or "download"
    plain = _UNQUOTABLE.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _identities(entries: Iterable[_Entry], key: str | None) -> list[ObjectIdentifierTypeDef]:
    return [
        {"Key": each["Key"], "VersionId": each["VersionId"]} for each in entries if key is None or each["Key"] == key
    ]

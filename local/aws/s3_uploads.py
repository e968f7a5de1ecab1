"""Multipart uploads: parts are files that the finished object takes over, without copying them together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, NoSuchUpload
from moto.s3.models import FakeMultipart, S3Backend
from moto.settings import S3_UPLOAD_PART_MIN_SIZE

from local.aws.bodies import Body, BodyStore
from local.aws.durable_key import DurableKey
from local.aws.patching import replace
from local.aws.s3_records import Records
from local.aws.work import Work

Chosen = Iterator[tuple[int, str]]


def keep_uploads(records: Records, store: BodyStore, at_work: Callable[[], AbstractContextManager[Work]]) -> None:
    _keep_parts(records)
    _keep_ends(at_work)

    @replace(FakeMultipart, "complete")
    def complete(self: FakeMultipart, body: Chosen) -> tuple[Body, str, None]:
        """The object's body and ETag. (Checksums over the whole would need all of it in memory; none is given.)"""
        parts = [_part(self, number, etag) for number, etag in body]
        if not parts:
            raise MalformedXML
        if any(part.contentsize < S3_UPLOAD_PART_MIN_SIZE for part in parts[:-1]):
            raise EntityTooSmall
        digest = hashlib.md5(b"".join(bytes.fromhex(_plain(part.etag)) for part in parts), usedforsecurity=False)
        return store.join([part.release() for part in parts]), f"{digest.hexdigest()}-{len(parts)}", None


def _part(upload: FakeMultipart, number: int, etag: str) -> DurableKey:
    part = upload.parts.get(number)
    if not isinstance(part, DurableKey) or _plain(part.etag) != _plain(etag):
        raise InvalidPart
    return part


def _plain(etag: str) -> str:
    return etag.replace('"', "")


def _keep_parts(records: Records) -> None:
    create = S3Backend.create_multipart_upload

    @replace(S3Backend, "create_multipart_upload")
    def create_multipart_upload(self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeMultipart:
        upload = create(self, bucket_name, *args, **kwargs)
        records.keep_upload(bucket_name, upload)
        return upload

    for name in ("upload_part", "upload_part_copy"):
        _keep_part(records, name)


def _keep_part(records: Records, name: str) -> None:
    original = getattr(S3Backend, name)

    @replace(S3Backend, name)
    def kept(self: S3Backend, bucket: str, multipart_id: str, part_id: int, *args: Any, **kwargs: Any) -> DurableKey:
        if multipart_id not in self.get_bucket(bucket).multiparts:
            raise NoSuchUpload(upload_id=multipart_id)
        part: DurableKey = original(self, bucket, multipart_id, part_id, *args, **kwargs)
        records.keep_part(multipart_id, part_id, part)
        return part


def _keep_ends(at_work: Callable[[], AbstractContextManager[Work]]) -> None:
    finish, abort = S3Backend.complete_multipart_upload, S3Backend.abort_multipart_upload
    put = S3Backend.put_object

    @replace(S3Backend, "put_object")
    def put_object(self: S3Backend, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("multipart") is not None:
            kwargs["disable_notification"] = True  # moto would tell of a Put as well as of the completed upload
        return put(self, *args, **kwargs)

    @replace(S3Backend, "complete_multipart_upload")
    def complete_multipart_upload(self: S3Backend, bucket_name: str, multipart_id: str, body: Chosen) -> Any:
        if multipart_id not in self.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(upload_id=multipart_id)
        with at_work() as work:
            key = finish(self, bucket_name, multipart_id, body)
            work.finished_uploads.append(multipart_id)
            return key

    @replace(S3Backend, "abort_multipart_upload")
    def abort_multipart_upload(self: S3Backend, bucket_name: str, multipart_id: str) -> None:
        with at_work() as work:
            abort(self, bucket_name, multipart_id)
            work.finished_uploads.append(multipart_id)

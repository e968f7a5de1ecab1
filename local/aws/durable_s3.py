"""S3 that survives: bodies are files, metadata is in the journal, and nothing is acknowledged before it is kept.

A request that changes objects is answered when moto has changed its memory, the journal has committed, the
notifications are sent and unneeded files are removed, in this order. What fails on the way fails the request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from moto.s3 import models
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from local.aws.bodies import BodyStore
from local.aws.durable_key import DurableKey, streaming
from local.aws.gate import current
from local.aws.journal import Journal
from local.aws.patching import replace
from local.aws.s3_notices import mend_notices
from local.aws.s3_records import Records
from local.aws.s3_uploads import keep_uploads
from local.aws.work import Work, working

Working = Callable[[], AbstractContextManager[Work]]


def install(journal: Journal, store: BodyStore) -> Records:
    """Makes moto's S3 durable in this process. Buckets get their contents back when they are created."""
    records = Records(journal, store)
    DurableKey.store = store
    replace(models, "FakeKey")(DurableKey)
    at_work: Working = partial(working, partial(_settle, records, store))
    _stream_bodies()
    _keep_buckets(records)
    _keep_objects(at_work)
    _keep_requests(at_work)
    keep_uploads(records, store, at_work)
    mend_notices()
    return records


def _settle(records: Records, store: BodyStore, work: Work) -> None:
    if work.touched or work.finished_uploads:
        records.settle(work.touched, work.finished_uploads)
    for notice in work.notices:
        notice()
    for body in work.garbage:
        store.remove(body)


def _stream_bodies() -> None:
    set_up = S3Response.setup_class

    @replace(S3Response, "setup_class")
    def setup_class(self: S3Response, *args: Any, **kwargs: Any) -> None:
        set_up(self, *args, **kwargs)
        if (body := current().body) is not None:
            self.body = body

    for owner, name in ((S3Response, "get_object"), (S3Backend, "copy_object"), (S3Backend, "upload_part_copy")):
        _in_streaming(owner, name)


def _in_streaming(owner: type, name: str) -> None:
    original = getattr(owner, name)

    @replace(owner, name)
    def streamed(*args: Any, **kwargs: Any) -> Any:
        with streaming():
            return original(*args, **kwargs)


def _keep_buckets(records: Records) -> None:
    create, delete, version = S3Backend.create_bucket, S3Backend.delete_bucket, S3Backend.put_bucket_versioning

    @replace(S3Backend, "create_bucket")
    def create_bucket(self: S3Backend, *args: Any, **kwargs: Any) -> FakeBucket:
        bucket = create(self, *args, **kwargs)
        records.restore(self, bucket)
        records.keep_bucket(bucket)
        return bucket

    @replace(S3Backend, "delete_bucket")
    def delete_bucket(self: S3Backend, bucket_name: str) -> FakeBucket | None:
        bucket = delete(self, bucket_name)
        if bucket is not None:
            records.forget_bucket(bucket_name)
        return bucket

    @replace(S3Backend, "put_bucket_versioning")
    def put_bucket_versioning(self: S3Backend, bucket_name: str, status: str) -> None:
        version(self, bucket_name, status)
        records.keep_bucket(self.get_bucket(bucket_name))


def _keep_objects(at_work: Working) -> None:
    put, delete = S3Backend.put_object, S3Backend.delete_object

    @replace(S3Backend, "put_object")
    def put_object(self: S3Backend, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> models.FakeKey:
        with at_work() as work:
            work.touched.add((bucket_name, key_name))
            return put(self, bucket_name, key_name, *args, **kwargs)

    @replace(S3Backend, "delete_object")
    def delete_object(self: S3Backend, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> Any:
        with at_work() as work:
            work.touched.add((bucket_name, key_name))
            return delete(self, bucket_name, key_name, *args, **kwargs)


def _keep_requests(at_work: Working) -> None:
    """One request is one work: what it adds to an object after putting it (metadata, tags) is kept with it."""
    answer_key, answer_bucket = S3Response.key_response, S3Response.bucket_response

    @replace(S3Response, "key_response")
    def key_response(self: S3Response, request: Any, full_url: str, headers: Any) -> Any:
        with at_work() as work:
            answer = answer_key(self, request, full_url, headers)
            if request.method in ("PUT", "POST", "DELETE"):
                work.touched.add((self.bucket_name, self.parse_key_name()))
            return answer

    @replace(S3Response, "bucket_response")
    def bucket_response(self: S3Response, request: Any, full_url: str, headers: Any) -> Any:
        with at_work():
            return answer_bucket(self, request, full_url, headers)

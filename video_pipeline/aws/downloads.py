"""Reading one S3 object from first byte to last, over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from video_pipeline.aws.errors import translated
from video_pipeline.aws.retry import Backoff
from video_pipeline.errors import Unavailable
from video_pipeline.model import ObjectRef

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectRequestTypeDef

PIECE: Final = 8 * 1024**2


class Download:
    """The bytes of one object. What the first answer says of version and ETag holds for every later connection."""

    def __init__(self, client: S3Client, ref: ObjectRef, *, piece: int, backoff: Backoff) -> None:
        self._client = client
        self._ref = ref
        self._piece = piece
        self._backoff = backoff
        self._body: StreamingBody | None = None
        self._done = 0
        self._size: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._size is None or self._done < self._size:
                piece = self._next()
                self._done += len(piece)
                if piece:
                    yield piece
        finally:
            self._close()

    def _next(self) -> bytes:
        failed = 0
        while True:
            try:
                with translated("s3:GetObject", self._ref.uri):
                    return self._opened().read(self._piece)
            except Unavailable:
                self._close()
                failed += 1
                if not self._backoff.pause(failed):
                    raise

    def _opened(self) -> StreamingBody:
        if self._body is None:
            answer = self._client.get_object(**self._request())
            self._body = answer["Body"]
            self._size = self._done + answer["ContentLength"]
            self._ref = pinned(self._ref, answer)
        return self._body

    def _request(self) -> GetObjectRequestTypeDef:
        request: GetObjectRequestTypeDef = {"Bucket": self._ref.bucket, "Key": self._ref.key}
        if self._ref.version_id:
            request["VersionId"] = self._ref.version_id
        if self._ref.etag:
            request["IfMatch"] = f'"{self._ref.etag}"'
        if self._done:
            request["Range"] = f"bytes={self._done}-"
        return request

    def _close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def pinned(ref: ObjectRef, answer: Any) -> ObjectRef:
    """`ref` with the version and the ETag (without quotes) of an answer of S3; `null` versions are none."""
    version = answer.get("VersionId")
    return ref.model_copy(
        update={
            "version_id": None if version in (None, "null") else version,
            "etag": str(answer.get("ETag", "")).strip('"') or None,
        }
    )

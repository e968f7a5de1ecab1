"""A file or an object by a `video.submitted` event on the ingestion stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from video_pipeline import layout
from video_pipeline.aws.objects import S3Objects
from video_pipeline.aws.stream import KinesisStreams, StreamRecord
from video_pipeline.cli.console import megabytes
from video_pipeline.cli.files import MediaFile
from video_pipeline.cli.progress import Steps, counting
from video_pipeline.cli.system import System
from video_pipeline.cli.wishes import S3, Sent, Wishes, checked, read_captions
from video_pipeline.errors import BadInput, Misconfigured, NotFound
from video_pipeline.events import VideoSubmitted, submit
from video_pipeline.model import ObjectInfo, ObjectRef, Source
from video_pipeline.topology import INGESTION

if TYPE_CHECKING:
    from video_pipeline.aws.clients import Clients

# Not under `uploads/`, whose notification would start a second job.
INCOMING_PREFIX: Final = "incoming/"


def of_file(system: System, file: MediaFile, wishes: Wishes, steps: Steps) -> Sent:
    """Its key follows from its content, so that a repeat finds it there and is the same job."""
    sha256 = file.sha256(counting(steps, "Fingerprinting", file.size))
    with system.reaching() as clients:
        store = _Store(system, clients)
        told = counting(steps, f"Sending {megabytes(file.size)}", file.size)
        info = store.keep(f"{sha256}/{layout.safe_key_name(file.name)}", file.pieces(told), file.size)
        sent = _submit(system, clients, info, wishes, title=wishes.title or file.path.stem.strip() or None)
    return Sent(via="event", job_id=sent.job_id, sha256=sha256, uri=sent.uri)


def of_object(system: System, uri: str, wishes: Wishes) -> Sent:
    """`NotFound` when it is not there. One that may not be read from here is submitted all the same."""
    ref = _ref(uri)
    with system.reaching() as clients:
        try:
            info = S3Objects(clients.s3).head(ref)
        except Misconfigured as error:
            if error.code != "access_denied":
                raise
            info = None
        return _submit(system, clients, info or ref, wishes, title=wishes.title)


def _submit(
    system: System, clients: Clients, found: ObjectInfo | ObjectRef, wishes: Wishes, *, title: str | None
) -> Sent:
    ref = found.ref if isinstance(found, ObjectInfo) else found
    event = checked(
        VideoSubmitted,
        uri=ref.uri,
        version_id=ref.version_id,
        captions_uri=_Store(system, clients).captions(wishes),
        **wishes.facts | {"title": title},
    )
    message = submit(event, subject=ref.uri, unique=ref.version_id or ref.etag or "")
    publisher = KinesisStreams(clients.kinesis, system.suffix).publisher(INGESTION.name)
    publisher.put_one(StreamRecord(message.key, message.body.encode()))
    return Sent(via="event", job_id=_job_id(found) if isinstance(found, ObjectInfo) else None, uri=ref.uri)


def _job_id(found: ObjectInfo) -> str:
    name = PurePosixPath(found.ref.key).name
    return str(Source(kind="object", media=found.ref, filename=name, size=found.size).job_id)


class _Store:
    """The part of the media bucket for what is submitted by an event."""

    def __init__(self, system: System, clients: Clients) -> None:
        self._objects = S3Objects(clients.s3)
        self._system = system

    def keep(self, name: str, pieces: Iterable[bytes], size: int) -> ObjectInfo:
        ref = ObjectRef(bucket=self._system.media_bucket, key=INCOMING_PREFIX + name)
        try:
            known = self._objects.head(ref)
        except NotFound:
            known = None
        if known is None or known.size != size:
            kind = layout.content_type(name)
            written = self._objects.write_stream(ref.bucket, ref.key, pieces, content_type=kind)
            known = self._objects.head(written)
        return known

    def captions(self, wishes: Wishes) -> str | None:
        if wishes.captions is None or wishes.captions.startswith(S3):
            return wishes.captions
        path = Path(wishes.captions)
        data = read_captions(path)
        name = f"{hashlib.sha256(data).hexdigest()}/captions{path.suffix.lower()}"
        return self.keep(name, [data], len(data)).ref.uri


def _ref(uri: str) -> ObjectRef:
    bucket, _, key = uri.removeprefix(S3).partition("/")
    if not bucket or not key:
        raise BadInput("address_malformed", f"{uri} is not like s3://bucket/key.", hint="Check the address.")
    return ObjectRef(bucket=bucket, key=key)

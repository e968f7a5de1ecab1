"""A file as raw segments on the ingestion stream."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

from video_pipeline.aws.stream import KinesisStreams, StreamRecord
from video_pipeline.cli.console import megabytes
from video_pipeline.cli.files import MediaFile
from video_pipeline.cli.progress import Steps, counting
from video_pipeline.cli.system import System
from video_pipeline.cli.wishes import Sent, Wishes, checked
from video_pipeline.errors import BadInput
from video_pipeline.events import SegmentHeader, encode_segment
from video_pipeline.model import ObjectRef, Source, identifier
from video_pipeline.topology import INGESTION, LIMITS


def send(system: System, file: MediaFile, wishes: Wishes, steps: Steps) -> Sent:
    """The upload's id follows from content and name, so that a repeat is the same upload."""
    sha256 = file.sha256(counting(steps, "Fingerprinting", file.size))
    upload_id = identifier("upload", sha256, file.name)
    header = _widest_header(file, wishes, sha256, upload_id)
    payload = payload_of(header)
    header = header.model_copy(update={"count": -(-file.size // payload)})
    with system.reaching() as clients:
        publisher = KinesisStreams(clients.kinesis, system.suffix).publisher(INGESTION.name)
        told = counting(steps, f"Sending {megabytes(file.size)}", file.size)
        publisher.put(segments(file, header, payload), on_sent=told)
    return Sent(via="stream", job_id=_job_id(upload_id, file.name), sha256=sha256)


def segments(file: MediaFile, header: SegmentHeader, payload: int) -> Iterator[StreamRecord]:
    """Each with a key of its own: they may arrive in any order, so all shards can share the load."""
    count = 0
    for index, piece in enumerate(file.pieces(lambda _: None, payload)):
        count += len(piece)
        segment = encode_segment(header.model_copy(update={"index": index}), piece)
        yield StreamRecord(_key(header.upload_id, index), segment)
    if count != file.size:
        raise BadInput("file_changed", f"{file.path} changed while it was read.", hint="Send it again.")


def payload_of(header: SegmentHeader) -> int:
    """How many bytes of content fit beside the longest header that this upload has, and a key, in one record."""
    try:
        overhead = len(encode_segment(header, b"")) + len(_key(header.upload_id, header.index))
    except struct.error as error:
        message = "Title and metadata are too long to travel with every segment."
        raise BadInput("metadata_too_large", message, hint="Say less, or use --via upload.") from error
    return LIMITS.segment_bytes - overhead


def _widest_header(file: MediaFile, wishes: Wishes, sha256: str, upload_id: UUID) -> SegmentHeader:
    return checked(
        SegmentHeader,
        upload_id=upload_id,
        index=LIMITS.segments - 1,
        count=LIMITS.segments,
        size=file.size,
        sha256=sha256,
        filename=file.name,
        **wishes.facts,
    )


def _key(upload_id: UUID, index: int) -> str:
    return f"{upload_id}/{index}"


def _job_id(upload_id: UUID, filename: str) -> str:
    nowhere = ObjectRef(bucket="", key="")
    return str(Source(kind="segments", media=nowhere, filename=filename, upload_id=str(upload_id)).job_id)

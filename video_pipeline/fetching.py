"""The bytes of a job come to this machine once, and are fingerprinted on their way."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from video_pipeline.errors import BadMedia, NotFound
from video_pipeline.layout import content_type, display_name, segment_key, segments_prefix
from video_pipeline.model import Job, ObjectRef, Source, Video, video_identifier
from video_pipeline.ports import Objects, Progress
from video_pipeline.topology import LIMITS

logger = logging.getLogger(__name__)
_PIECE = 8 * 1024**2


@dataclass(frozen=True)
class Fetched:
    """`video` is what the content is, were it new."""

    video: Video
    sha256: str
    size: int


class Fetching:
    """Downloads objects, and puts raw segments together. `most`: bytes of one medium."""

    def __init__(self, objects: Objects, *, most: int = LIMITS.upload_bytes) -> None:
        self._objects = objects
        self._most = most

    def fetch(self, job: Job, target: Path, progress: Progress) -> Fetched:
        """The content at `target`. Raises `BadMedia` media_empty, media_too_large, hash_mismatch, or `NotFound`."""
        source = job.source
        media = source.media if source.kind != "segments" else self._assembled(source)
        if media is None:
            sha256, size = self._save(self._segments(source), target, source.size or 0, progress)
            _verify(source, sha256, size)
            media = self._objects.write_stream(
                source.media.bucket, source.media.key, _pieces(target), content_type=content_type(source.filename)
            )
        else:
            info = self._objects.head(media)
            self._refuse(info.size)
            media = info.ref
            sha256, size = self._save(self._objects.stream(media), target, info.size, progress)
            _verify(source, sha256, size)
        if source.kind == "segments" and source.upload_id:
            self._forget_segments(source)
        return Fetched(_video(job, media, sha256), sha256, size)

    def _assembled(self, source: Source) -> ObjectRef | None:
        """What an earlier attempt put together, if it came that far."""
        try:
            return self._objects.head(source.media).ref
        except NotFound:
            return None

    def _segments(self, source: Source) -> Iterator[bytes]:
        for index in range(source.segments or 0):
            key = segment_key(source.upload_id, index)
            yield self._objects.read(ObjectRef(bucket=source.media.bucket, key=key), limit=LIMITS.segment_bytes)

    def _forget_segments(self, source: Source) -> None:
        self._objects.delete_prefix(source.media.bucket, segments_prefix(source.upload_id))

    def _save(self, pieces: Iterable[bytes], target: Path, expected: int, progress: Progress) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
                size += len(piece)
                self._refuse(size)
                progress(size / max(expected, size))
        if size == 0:
            raise BadMedia("media_empty", "The file is empty.", hint="Upload it again.")
        return digest.hexdigest(), size

    def _refuse(self, size: int) -> None:
        if size > self._most:
            raise BadMedia(
                "media_too_large",
                f"The file is larger than the {self._most} bytes that are allowed.",
                hint="Cut it, or let an operator raise max_media_bytes.",
            )


def _verify(source: Source, sha256: str, size: int) -> None:
    if source.sha256 and (sha256, size) != (source.sha256, source.size):
        raise BadMedia(
            "hash_mismatch",
            f"The content has SHA-256 {sha256} and {size} bytes; {source.sha256} and {source.size} were announced.",
            hint="Send all segments again.",
        )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _video(job: Job, media: ObjectRef, sha256: str) -> Video:
    filename = display_name(job.source.filename) or PurePosixPath(media.key).name
    return Video(
        id=video_identifier(sha256),
        sha256=sha256,
        title=job.options.title or PurePosixPath(filename).stem,
        filename=filename,
        media=media,
        job_id=job.id,
        language=job.options.language,
        recorded_on=job.options.recorded_on,
        metadata=job.options.metadata,
        created_at=datetime.now(UTC),
    )

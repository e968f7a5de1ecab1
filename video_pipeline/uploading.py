"""Takes a video from a person, as a stream through this process or by presigned parts, and makes it a job.

The job exists before its first byte: the bucket's notification of the finished object may come before this process
has gone on, and must find the job that the upload belongs to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from video_pipeline import layout
from video_pipeline.errors import BadInput, Conflict, NotFound, PipelineError
from video_pipeline.events import Described, JobFailed, announce
from video_pipeline.model import Failure, Job, ObjectInfo, ObjectRef, Source
from video_pipeline.ports import Ledger, Objects, SentPart, Submission, UploadGrant
from video_pipeline.publishing import Publishing
from video_pipeline.topology import LIMITS, MEDIA_SUFFIXES, SENT_SUFFIXES

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Captions:
    """A caption file that came with a video, as it came."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class Granted:
    """A job whose bytes are to come in parts; `captions`: a caption file was announced and is to come first."""

    job: Job
    parts: UploadGrant
    captions: bool


@dataclass(frozen=True)
class Unfinished:
    """How far a granted upload is. `captions`: whether announced ones have arrived; None: none were announced."""

    job: Job
    size: int
    part_size: int
    sent: tuple[SentPart, ...]
    captions: bool | None


@dataclass(frozen=True)
class Renewed:
    """URLs of parts by their numbers."""

    urls: Mapping[int, str]
    expires: datetime


class Uploading:
    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        publishing: Publishing,
        *,
        media_bucket: str,
        form_bytes: int = LIMITS.form_upload_bytes,
        grant_seconds: int = 43_200,
    ) -> None:
        """`form_bytes` bounds what is streamed; `grant_seconds` is how long presigned parts may be used."""
        self._ledger = ledger
        self._objects = objects
        self._publishing = publishing
        self._bucket = media_bucket
        self._form_bytes = form_bytes
        self._grant_seconds = grant_seconds

    @property
    def form_bytes(self) -> int:
        return self._form_bytes

    # ------------------------------------------------------------------------------------- streamed
    def receive(
        self, filename: str, pieces: Iterable[bytes], about: Described, *, captions: Captions | None = None
    ) -> Job:
        """Stores the bytes and queues their job.

        Raises `BadInput` unsupported_type, media_empty or upload_too_large. When the bytes break off or are refused,
        no object remains and the job ends as failed with the reason.
        """
        name = _media_name(filename)
        folder = uuid4()
        kept = self._store_captions(folder, captions) if captions else None
        media = ObjectRef(bucket=self._bucket, key=layout.upload_key(folder, name))
        job = self._submit(Source(kind="upload", media=media, filename=name, upload_id=str(folder)), about, kept)
        stored, size = self._store_media(job, pieces)
        return self._arrived(job.id, stored, size)

    def _store_captions(self, folder: UUID, captions: Captions) -> ObjectRef:
        key = layout.captions_key(folder, _caption_suffix(captions.filename))
        _check_captions_size(len(captions.data))
        return self._objects.write(self._bucket, key, captions.data, content_type=layout.content_type(key))

    def _store_media(self, job: Job, pieces: Iterable[bytes]) -> tuple[ObjectRef, int]:
        media = job.source.media
        counted = _Counted(pieces, self._form_bytes)
        kind = layout.content_type(media.key)
        try:
            stored = self._objects.write_stream(media.bucket, media.key, counted, content_type=kind)
        except Exception as error:
            self._give_up(job, error)
            raise
        return stored, counted.size

    # ------------------------------------------------------------------------------ presigned parts
    def grant(self, filename: str, size: int, about: Described, *, captions_filename: str | None = None) -> Granted:
        """A job and the URLs that its bytes are to be put to, in parts, by whoever holds them.

        With `captions_filename`, `add_captions` is to follow before `complete`.
        """
        name = _media_name(filename)
        _check_media_size(size, LIMITS.upload_bytes)
        folder = uuid4()
        key = layout.upload_key(folder, name)
        captions = None
        if captions_filename is not None:
            captions_key = layout.captions_key(folder, _caption_suffix(captions_filename))
            captions = ObjectRef(bucket=self._bucket, key=captions_key)
        kind = layout.content_type(key)
        parts = self._objects.presign_parts(
            self._bucket, key, size=size, content_type=kind, seconds=self._grant_seconds
        )
        media = ObjectRef(bucket=self._bucket, key=key)
        # The store's own id of the multipart upload names this upload, so that completing it needs nothing else.
        source = Source(kind="upload", media=media, filename=name, upload_id=parts.upload_id, size=size)
        return Granted(self._submit(source, about, captions), parts, captions is not None)

    def unfinished(self, job_id: UUID) -> Unfinished:
        """So that an upload may go on that a reload or a lost connection broke off.

        `Conflict` upload_complete, upload_cancelled or upload_not_in_parts; `NotFound("upload_missing")` once the store
        gave it up.
        """
        job, size = self._going_on(job_id)
        media, captions = job.source.media, job.options.captions
        sent = self._objects.sent_parts(media.bucket, media.key, job.source.upload_id or "")
        arrived = None if captions is None else self._is_there(captions)
        return Unfinished(job, size, self._objects.part_size(size), tuple(sent), arrived)

    def renew(self, job_id: UUID, numbers: Sequence[int]) -> Renewed:
        """New URLs for these parts, when the first ones have expired or were lost; refusals as `unfinished`."""
        job, size = self._going_on(job_id)
        media = job.source.media
        urls, expires = self._objects.presign_again(
            media.bucket,
            media.key,
            job.source.upload_id or "",
            size=size,
            numbers=numbers,
            seconds=self._grant_seconds,
        )
        return Renewed(urls, expires)

    def _going_on(self, job_id: UUID) -> tuple[Job, int]:
        job = self._granted(job_id)
        if has_arrived(job) or job.source.size is None:
            raise Conflict("upload_complete", "The upload is complete.", hint="Follow its job.")
        return job, job.source.size

    def _is_there(self, ref: ObjectRef) -> bool:
        try:
            self._objects.head(ref)
        except NotFound:
            return False
        return True

    def add_captions(self, job_id: UUID, data: bytes) -> None:
        """Stores the captions that the grant announced; they may be replaced until the upload is completed."""
        job = self._granted(job_id)
        captions = job.options.captions
        if captions is None:
            raise Conflict(
                "captions_not_announced",
                "This upload was granted without captions.",
                hint="Ask for a new upload with captions_filename.",
            )
        if has_arrived(job):
            raise Conflict("upload_complete", "The upload is complete; its captions can't be changed any more.")
        _check_captions_size(len(data))
        kind = layout.content_type(captions.key)
        self._objects.write(captions.bucket, captions.key, data, content_type=kind)

    def complete(self, job_id: UUID, etags: Sequence[str]) -> Job:
        """Puts the parts together and queues the job; a repeat changes nothing.

        `etags` are those that each part's PUT answered, in order.
        """
        job = self._granted(job_id)
        if has_arrived(job):
            return job
        self._expect_captions(job)
        info = self._put_together(job, etags)
        if not 0 < info.size <= LIMITS.upload_bytes:
            self._refuse(job, info)
        return self._arrived(job.id, info.ref, info.size)

    def _granted(self, job_id: UUID) -> Job:
        job = self._ledger.jobs.get(job_id)
        source = job.source
        if source.kind != "upload" or source.media.key.startswith(layout.upload_prefix(source.upload_id)):
            raise Conflict("upload_not_in_parts", "This job's bytes don't come in presigned parts.")
        if job.cancelled:
            raise Conflict("upload_cancelled", "This upload was cancelled.", hint="Retry its job, or upload it again.")
        return job

    def _expect_captions(self, job: Job) -> None:
        if job.options.captions is not None and not self._is_there(job.options.captions):
            raise Conflict(
                "captions_missing",
                "The captions that were announced for this upload have not arrived.",
                hint="Send them to captions_url, then complete the upload.",
            )

    def _put_together(self, job: Job, etags: Sequence[str]) -> ObjectInfo:
        media = job.source.media
        stored = self._objects.complete_parts(media.bucket, media.key, job.source.upload_id or "", etags)
        return self._objects.head(stored)

    def _refuse(self, job: Job, info: ObjectInfo) -> None:
        try:
            _check_media_size(info.size, LIMITS.upload_bytes)
        except BadInput as error:
            self._objects.delete(info.ref.bucket, [info.ref.key])
            self._give_up(job, error)
            raise

    # ---------------------------------------------------------------------------------------- common
    def _submit(self, source: Source, about: Described, captions: ObjectRef | None) -> Job:
        ((job, _),) = self._ledger.jobs.submit([Submission(source, about.options(captions), ready=False)])
        return job

    def _arrived(self, job_id: UUID, media: ObjectRef, size: int) -> Job:
        self._ledger.jobs.uploaded(job_id, media, size)
        self._publishing.flush()
        return self._ledger.jobs.get(job_id)

    def _give_up(self, job: Job, error: Exception) -> None:
        _LOG.warning("upload given up", extra={"job_id": str(job.id), "reason": repr(error)})
        failure = _failure(error)
        told = announce(JobFailed(job_id=job.id, code=failure.code, message=failure.message))
        self._ledger.jobs.abandon_upload(job.id, failure, emit=[told])
        if job.options.captions is not None:
            self._objects.delete(job.options.captions.bucket, [job.options.captions.key])
        self._publishing.flush()


@dataclass
class _Counted:
    """Passes bytes on and refuses too many or none."""

    pieces: Iterable[bytes]
    limit: int
    size: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.limit:
                raise upload_too_large(self.limit)
            yield piece
        _check_media_size(self.size, self.limit)


def upload_too_large(limit: int) -> BadInput:
    return BadInput(
        "upload_too_large",
        f"The upload is larger than the {limit:,} bytes that are taken this way.",
        hint="Larger files can be uploaded in presigned parts." if limit < LIMITS.upload_bytes else "",
    )


def _check_media_size(size: int, limit: int) -> None:
    if size <= 0:
        raise BadInput("media_empty", "The file is empty.", hint="Choose a file that has content.")
    if size > limit:
        raise upload_too_large(limit)


def _check_captions_size(size: int) -> None:
    if size <= 0:
        raise BadInput("captions_empty", "The caption file is empty.", hint="Leave it out, or choose another one.")
    if size > LIMITS.caption_bytes:
        raise BadInput("captions_too_large", f"The caption file is larger than {LIMITS.caption_bytes:,} bytes.")


def _media_name(filename: str) -> str:
    name = layout.display_name(filename)
    if layout.suffix_of(name) not in MEDIA_SUFFIXES:
        raise BadInput(
            "unsupported_type",
            "The file's name does not end like that of a video or audio file.",
            hint=f"These are taken: {', '.join(MEDIA_SUFFIXES)}.",
        )
    return name


def _caption_suffix(filename: str) -> str:
    suffix = layout.suffix_of(filename)
    if suffix not in SENT_SUFFIXES:
        raise BadInput(
            "unsupported_captions",
            "The caption file's name does not end in .vtt, .srt or .json.",
            hint="Convert it to WebVTT or SRT, or send a transcript as JSON.",
        )
    return suffix


def has_arrived(job: Job) -> bool:
    """Its bytes came: the object is pinned to the one that was stored."""
    return job.source.media.etag is not None


def _failure(error: Exception) -> Failure:
    if isinstance(error, PipelineError):
        return Failure(code=error.code, message=error.message, hint=error.hint)
    return Failure(code="upload_broken_off", message="The upload broke off.", hint="Upload it again.")

"""What arrives becomes a job: events that point at objects, raw segments, and objects that simply appear."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_plus

from video_pipeline.errors import BadRecord, NotFound, PipelineError
from video_pipeline.events import (
    SegmentHeader,
    VideoErasureRequested,
    VideoSubmitted,
    decode_segment,
    is_segment,
    read_event,
)
from video_pipeline.layout import assembled_key, segment_key
from video_pipeline.model import JobOptions, ObjectInfo, ObjectRef, Source, identifier
from video_pipeline.ports import Ledger, Objects, Submission
from video_pipeline.rejecting import Received, Rejecting
from video_pipeline.topology import MAIL_PREFIX, MEDIA_SUFFIXES

logger = logging.getLogger(__name__)
_CALLS_AT_ONCE = 8


@dataclass(frozen=True)
class _Wanted:
    """A record's job; `segment` is the piece of it that the record carried."""

    record: Received
    submission: Submission
    segment: tuple[SegmentHeader, bytes] | None = None


class Intake:
    """Turns a batch of records into jobs with one commit."""

    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        rejecting: Rejecting,
        *,
        media_bucket: str,
        mail: Callable[[ObjectRef], None],
    ) -> None:
        """`mail` is given every object under `mail/` of the media bucket."""
        self._ledger = ledger
        self._objects = objects
        self._rejecting = rejecting
        self._media_bucket = media_bucket
        self._mail = mail

    def accept(self, records: Sequence[Received]) -> list[str]:
        """Positions of the records to be given again, because a service failed. The bad ones are rejected for good."""
        failed: list[str] = []
        with ThreadPoolExecutor(_CALLS_AT_ONCE) as pool:
            # The slow part of each record is a call to the object store.
            read = list(pool.map(lambda record: self._guarded(record, self._read, failed), records))
        wanted = [each for each in read if each is not None]
        if wanted:
            self._submit(wanted, failed)
        return failed

    def accept_notification(self, body: str) -> None:
        """An S3 notification. Raises `Unavailable` if it should be given again, `BadRecord` if it can't be read."""
        for ref in _notified(body):
            if ref.bucket == self._media_bucket and ref.key.startswith(MAIL_PREFIX):
                self._mail(ref)
            elif PurePosixPath(ref.key).suffix.lower() in MEDIA_SUFFIXES:
                self._arrived(ref)

    # -------------------------------------------------------------------------------- single records
    def _read(self, record: Received) -> _Wanted | None:
        if is_segment(record.raw):
            return self._read_segment(record)
        event = read_event(record.raw)
        body = event.body
        if isinstance(body, VideoSubmitted):
            return self._read_submitted(record, body)
        if isinstance(body, VideoErasureRequested):
            # The sweeper carries it out, however long it takes.
            request = identifier("erasure", event.envelope.source, event.envelope.id)
            self._ledger.videos.begin_erasure(body.video_id, body.requested_by, request=request)
        return None

    def _read_submitted(self, record: Received, body: VideoSubmitted) -> _Wanted:
        found = self._objects.head(_object_ref(body.uri, body.version_id))
        captions = _object_ref(body.captions_uri) if body.captions_uri else None
        return _Wanted(record, Submission(_object_source(found), body.options(captions), ready=True))

    def _read_segment(self, record: Received) -> _Wanted:
        header, content = decode_segment(record.raw)
        upload = str(header.upload_id)
        source = Source(
            kind="segments",
            media=ObjectRef(bucket=self._media_bucket, key=assembled_key(upload, header.filename)),
            filename=header.filename,
            upload_id=upload,
            size=header.size,
            sha256=header.sha256,
            segments=header.count,
        )
        return _Wanted(record, Submission(source, header.options(), ready=False), (header, content))

    def _arrived(self, ref: ObjectRef) -> None:
        try:
            found = self._objects.head(ref)
        except NotFound:
            # A part of an upload that is not finished, or it was deleted again: there is nothing to work on.
            logger.info("notified of an object that is not there", extra={"object": ref.uri})
            return
        upload = self._ledger.jobs.find_upload(ref)
        if upload is not None and self._ledger.jobs.uploaded(upload.id, found.ref, found.size):
            return
        if upload is None or upload.source.media.etag not in (None, found.ref.etag):
            self._ledger.jobs.submit([Submission(_object_source(found), JobOptions(), ready=True)])

    # ---------------------------------------------------------------------------------------- batches
    def _submit(self, wanted: Sequence[_Wanted], failed: list[str]) -> None:
        try:
            jobs = self._ledger.jobs.submit([each.submission for each in wanted])
        except PipelineError as error:
            self._not_stored(wanted, error, failed)
            return
        for each, (job, fresh) in zip(wanted, jobs, strict=True):
            logger.info("job known" if not fresh else "job created", extra={"job_id": str(job.id)})
            if each.segment is not None:
                self._guarded(each.record, partial(self._keep, each.segment, job.source), failed)

    def _not_stored(self, wanted: Sequence[_Wanted], error: PipelineError, failed: list[str]) -> None:
        """A failing service brings the batch again; what can't be stored at all is found by storing one by one."""
        logger.warning("the batch was not stored", extra={"reason": error.code})
        if not error.retryable and len(wanted) > 1:
            for each in wanted:
                self._submit([each], failed)
        elif error.retryable or not self._rejecting.try_reject("ingest", wanted[0].record, error):
            failed.extend(each.record.source.position for each in wanted)

    def _keep(self, segment: tuple[SegmentHeader, bytes], known: Source, _record: Received) -> None:
        """Stores a segment that its upload waits for; one that disagrees must not replace a good one."""
        header, content = segment
        if (known.segments, known.size, known.sha256) != (header.count, header.size, header.sha256):
            raise BadRecord(
                "segment_conflict",
                "The segment disagrees with earlier ones of its upload about count, size or SHA-256.",
                hint="Use a new upload_id for other content.",
            )
        if not self._ledger.jobs.wants_segment(known.job_id, header.index):
            return
        key = segment_key(known.upload_id, header.index)
        self._objects.write(self._media_bucket, key, content, content_type="application/octet-stream")
        here, complete = self._ledger.jobs.segment_arrived(known.job_id, header.index)
        logger.info("segment kept", extra={"job_id": str(known.job_id), "segments": here, "complete": complete})

    def _guarded(self, record: Received, do: Callable[[Received], _Wanted | None], failed: list[str]) -> _Wanted | None:
        """Rejects what is wrong for good, lists what may go better next time."""
        try:
            return do(record)
        except PipelineError as error:
            if error.retryable or not self._rejecting.try_reject("ingest", record, error):
                failed.append(record.source.position)
            return None


def _notified(body: str) -> list[ObjectRef]:
    """The object of each record; empty for the test event that S3 sends once."""
    try:
        document = json.loads(body)
        if document.get("Event") == "s3:TestEvent":
            return []
        return [_notified_ref(each["s3"]["bucket"]["name"], each["s3"]["object"]) for each in document["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRecord("not_a_notification", "The message is not an S3 notification.") from error


def _notified_ref(bucket: str, entry: dict[str, Any]) -> ObjectRef:
    return ObjectRef(bucket=bucket, key=unquote_plus(entry["key"]), version_id=entry.get("versionId"))


def _object_source(found: ObjectInfo) -> Source:
    return Source(kind="object", media=found.ref, filename=PurePosixPath(found.ref.key).name, size=found.size)


def _object_ref(uri: str, version_id: str | None = None) -> ObjectRef:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return ObjectRef(bucket=bucket, key=key, version_id=version_id)

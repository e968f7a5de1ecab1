"""A finished transcript goes into storage and the job goes on, whether a worker heard it or a service reports it."""

from __future__ import annotations

import hashlib
import logging
from uuid import UUID

from video_pipeline.errors import PipelineError, Unavailable
from video_pipeline.events import TranscriptReady, announce
from video_pipeline.layout import content_type, transcript_key
from video_pipeline.model import Job, TranscriptRecord
from video_pipeline.outcomes import job_failed
from video_pipeline.ports import Ledger, Objects, TranscriptionService
from video_pipeline.retrying import as_failure
from video_pipeline.topology import TRANSCRIBE
from video_pipeline.transcripts.json_format import write_json
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.writers import write_srt, write_webvtt

logger = logging.getLogger(__name__)


class Transcribing:
    """Stores transcripts as JSON, WebVTT and SRT, then announces them."""

    def __init__(self, ledger: Ledger, objects: Objects, *, results_bucket: str) -> None:
        self._ledger = ledger
        self._objects = objects
        self._bucket = results_bucket

    def store(self, job: Job, video_id: UUID, transcript: Transcript, *, worker: str | None = None) -> bool:
        """Keeps the transcript and moves the job on. False if the job was past that."""
        record = self.keep(video_id, transcript)
        for note in transcript.notes:
            self._ledger.jobs.note(job.id, note)
        self._ledger.jobs.describe(video_id, language=transcript.language)
        emit = [announce(TranscriptReady(job_id=job.id, video_id=video_id), unique=job.id)]
        return self._ledger.jobs.transcript_ready(job.id, record, emit=emit, worker=worker)

    def keep(self, video_id: UUID, transcript: Transcript) -> TranscriptRecord:
        """Writes it in all its forms."""
        key = transcript_key(video_id, "json")
        document = write_json(transcript)
        self._write(transcript_key(video_id, "vtt"), write_webvtt(transcript).encode())
        self._write(transcript_key(video_id, "srt"), write_srt(transcript).encode())
        self._write(key, document)
        return TranscriptRecord(
            video_id=video_id,
            key=key,
            sha256=hashlib.sha256(document).hexdigest(),
            language=transcript.language,
            source=transcript.source,
            engine=transcript.engine,
            quality=transcript.quality,
            confidence=transcript.confidence,
            segments=len(transcript.segments),
            words=transcript.word_count,
            notes=transcript.notes,
        )

    def finish(self, service: TranscriptionService, job_id: UUID, token: str) -> bool:
        """The service reported on `token`. False if the job does not wait for that (any more).

        Raises `Unavailable` when the report came before the worker had handed the job over, or a service fails.
        """
        job = self._ledger.jobs.get(job_id)
        if job.finished or job.stage != TRANSCRIBE or job.video_id is None:
            return False
        if job.waiting_for != token:
            raise Unavailable("not_handed_over", f"Job {job_id} does not wait for its transcript yet.")
        try:
            transcript = service.result(token)
        except PipelineError as error:
            if error.retryable:
                raise
            failure = as_failure(error)
            return self._ledger.jobs.fail(job.id, failure, emit=job_failed(job, failure))
        return self.store(job, job.video_id, transcript)

    def _write(self, key: str, data: bytes) -> None:
        self._objects.write(self._bucket, key, data, content_type=content_type(key))

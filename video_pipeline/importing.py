"""A transcript without its film: what was said is known, and can be asked about like everything else."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import PurePosixPath
from uuid import uuid4

from video_pipeline.events import Described, TranscriptReady, announce
from video_pipeline.layout import content_type, display_name, imported_key
from video_pipeline.model import Job, MediaInfo, Source, Video, video_identifier
from video_pipeline.ports import Imported, Ledger, Objects
from video_pipeline.publishing import Publishing
from video_pipeline.topology import IMPORTED
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.read import read_transcript

logger = logging.getLogger(__name__)


class Importing:
    """Takes transcripts. The same document is the same video, however often it comes."""

    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        transcribing: Transcribing,
        publishing: Publishing,
        *,
        media_bucket: str,
    ) -> None:
        self._ledger = ledger
        self._objects = objects
        self._transcribing = transcribing
        self._publishing = publishing
        self._bucket = media_bucket

    def take(self, document: bytes, filename: str, about: Described) -> Job:
        """Keeps the document as it came, and its transcript; its job goes on by itself. `BadCaptions` says why not."""
        name = display_name(filename) or "transcript"
        transcript = read_transcript(document, filename=name, source="import")
        sha256, upload_id = hashlib.sha256(document).hexdigest(), str(uuid4())
        key = imported_key(upload_id, name)
        media = self._objects.write(self._bucket, key, document, content_type=content_type(key))
        source = Source(kind="transcript", media=media, filename=name, upload_id=upload_id, size=len(document))
        video = _video(source, sha256, about)
        imported = Imported(
            source=source,
            options=about.options(),
            video=video,
            info=MediaInfo(container=IMPORTED, duration=_end(transcript), size=len(document)),
            record=self._transcribing.keep(video.id, transcript),
            notes=transcript.notes,
        )
        told = announce(TranscriptReady(job_id=source.job_id, video_id=video.id), unique=source.job_id)
        new = self._ledger.jobs.imported(imported, emit=[told])
        self._publishing.flush()
        logger.info("transcript imported", extra={"job_id": str(source.job_id), "new": new})
        return self._ledger.jobs.get(source.job_id)


def _video(source: Source, sha256: str, about: Described) -> Video:
    return Video(
        id=video_identifier(sha256),
        sha256=sha256,
        title=about.title or PurePosixPath(source.filename).stem,
        filename=source.filename,
        media=source.media,
        job_id=source.job_id,
        language=about.language,
        recorded_on=about.recorded_on,
        metadata=about.metadata,
        created_at=datetime.now(UTC),
    )


def _end(transcript: Transcript) -> float:
    return transcript.duration or max((each.end for each in transcript.segments), default=0.0)

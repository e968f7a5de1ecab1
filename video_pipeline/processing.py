"""One job from its bytes to its transcript: what the worker does with a video that it holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from video_pipeline.errors import BadMedia, Conflict
from video_pipeline.fetching import Fetching
from video_pipeline.layout import poster_key, thumbnail_key
from video_pipeline.logs import bound
from video_pipeline.model import Job, MediaInfo, Thumbnail, Video
from video_pipeline.outcomes import attempted
from video_pipeline.ports import (
    Ledger,
    Media,
    Objects,
    Pending,
    Progress,
    Recogniser,
    SpeechRequest,
    Workspace,
)
from video_pipeline.publishing import Publishing
from video_pipeline.spending import spent_for
from video_pipeline.subtitles import Captions
from video_pipeline.topology import AUDIO, FETCH, PROBE, THUMBNAILS, TRANSCRIBE, Retry
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.model import Transcript

logger = logging.getLogger(__name__)
# The bar moves in steps of this, not at every packet: each step is a commit.
_STEP = 0.02


@dataclass
class _Work:
    """What one attempt knows so far."""

    job: Job
    worker: str
    folder: Path
    alive: Callable[[], bool]
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "media"


@dataclass(frozen=True)
class SpeechAudio:
    """The extracted sound track."""

    path: Path
    seconds: float


@dataclass(frozen=True)
class Tools:
    """The outside of the worker's work. `thumbnail_every`: seconds."""

    ledger: Ledger
    objects: Objects
    media: Media
    recogniser: Recogniser
    workspace: Workspace
    fetching: Fetching
    captions: Captions
    transcribing: Transcribing
    publishing: Publishing
    results_bucket: str
    thumbnail_every: float
    retry: Retry


class Processing:
    """Runs claimed jobs. Whatever happens to one is written into the ledger; nothing escapes but a broken ledger."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._jobs = tools.ledger.jobs

    def work(self, job: Job, worker: str, alive: Callable[[], bool]) -> None:
        """`alive` turns False when the lease is lost; work then stops at the next step."""
        with bound(job_id=job.id), spent_for(job_id=job.id):
            logger.info("job begun", extra={"attempt": job.attempt, "source": job.source.media.uri})
            with attempted(self._tools.ledger, job, worker, self._tools.retry), self._tools.workspace(job.id) as folder:
                self._run(_Work(job, worker, folder, alive))
        self._tools.publishing.flush()

    def _run(self, work: _Work) -> None:
        video = self._fetch(work)
        if video is None:
            return
        with bound(video_id=video.id):
            info = self._probe(work, video)
            self._stills(work, video, info)
            found = self._tools.captions.find(work.job, work.path, info.duration)
            for note in found.notes:
                self._jobs.note(work.job.id, note)
            audio = self._sound(work, info, needed=found.transcript is None)
            self._transcribe(work, video, found.transcript, audio)

    # ---------------------------------------------------------------------------------------- stages
    def _fetch(self, work: _Work) -> Video | None:
        """The video of the content; None if another job has made it or is making it."""
        with self._stage(work, FETCH):
            fetched = self._tools.fetching.fetch(work.job, work.path, self._progress(work, FETCH))
            work.detail.update(sha256=fetched.sha256, size=fetched.size)
        identified = self._jobs.identify(work.job.id, work.worker, fetched.video)
        video = identified.video
        if identified.fresh:
            return video
        if identified.indexed:
            note = (
                f"The same film as {video.title!r} ({video.id}), which is indexed already; it was not processed twice."
            )
            self._jobs.complete(work.job.id, note=note, worker=work.worker)
        logger.info("same film as another job's", extra={"video_id": str(video.id), "indexed": identified.indexed})
        return None

    def _probe(self, work: _Work, video: Video) -> MediaInfo:
        with self._stage(work, PROBE):
            info = self._tools.media.probe(work.path)
            work.detail.update(info.model_dump(mode="json", exclude_none=True))
            self._jobs.describe(video.id, info=info, recorded_on=info.recorded_on)
        return info

    def _stills(self, work: _Work, video: Video, info: MediaInfo) -> None:
        if not info.has_video:
            self._skip(work, THUMBNAILS, "there is no picture")
            return
        try:
            with self._stage(work, THUMBNAILS):
                self._make_stills(work, video.id)
        except BadMedia as error:
            # A damaged picture is no reason to lose what was said.
            self._jobs.note(work.job.id, f"No thumbnails: {error.message}")

    def _make_stills(self, work: _Work, video_id: UUID) -> None:
        media, every = self._tools.media, self._tools.thumbnail_every
        target = work.folder / "poster.jpg"
        poster = poster_key(video_id) if media.poster(work.path, target) else None
        if poster:
            self._upload(target, poster)
        made = media.thumbnails(work.path, work.folder, every=every, progress=self._progress(work, THUMBNAILS))
        thumbnails = [Thumbnail(at=at, key=thumbnail_key(video_id, at)) for at, _ in made]
        for thumbnail, (_, path) in zip(thumbnails, made, strict=True):
            self._upload(path, thumbnail.key)
        self._jobs.describe(video_id, poster=poster, thumbnails=thumbnails)
        work.detail.update(thumbnails=len(thumbnails), poster=bool(poster))

    def _sound(self, work: _Work, info: MediaInfo, *, needed: bool) -> SpeechAudio | None:
        if not needed or not info.has_audio:
            self._skip(work, AUDIO, "captions came with the video" if not needed else "there is no sound track")
            return None
        target = work.folder / "audio.wav"
        with self._stage(work, AUDIO):
            seconds = self._tools.media.extract_audio(work.path, target, progress=self._progress(work, AUDIO))
            work.detail.update(seconds=round(seconds, 3))
        return SpeechAudio(target, seconds)

    def _transcribe(self, work: _Work, video: Video, captions: Transcript | None, audio: SpeechAudio | None) -> None:
        # Its line of the timeline is closed by the move that ends it, here or when the service reports.
        with self._stage(work, TRANSCRIBE, closes=False):
            transcript = captions or (self._hear(work, video, audio) if audio else _silence())
            if isinstance(transcript, Pending):
                self._jobs.wait_for(work.job.id, work.worker, transcript.token)
                logger.info("waiting for the transcription service", extra={"token": transcript.token})
                return
            self._tools.transcribing.store(work.job, video.id, transcript, worker=work.worker)
        logger.info("transcript ready", extra={"words": transcript.word_count, "from": transcript.source})

    def _hear(self, work: _Work, video: Video, audio: SpeechAudio) -> Transcript | Pending:
        request = SpeechRequest(
            job_id=work.job.id,
            audio=audio.path,
            media=video.media,
            language=work.job.options.language,
            duration=audio.seconds,
        )
        return self._tools.recogniser.transcribe(request, progress=self._progress(work, TRANSCRIBE))

    # --------------------------------------------------------------------------------------- helpers
    @contextmanager
    def _stage(self, work: _Work, stage: str, *, closes: bool = True) -> Iterator[None]:
        """A line of the timeline. What is raised inside leaves it open, to be closed with the job's move."""
        self._check(work)
        self._jobs.begin_stage(work.job.id, stage, work.worker)
        work.detail.clear()
        yield
        if closes:
            self._jobs.end_stage(work.job.id, stage, detail=work.detail, worker=work.worker)

    def _skip(self, work: _Work, stage: str, why: str) -> None:
        self._jobs.begin_stage(work.job.id, stage, work.worker)
        self._jobs.end_stage(work.job.id, stage, status="skipped", detail={"because": why}, worker=work.worker)

    def _progress(self, work: _Work, stage: str) -> Progress:
        last = 0.0

        def report(fraction: float) -> None:
            nonlocal last
            self._check(work)
            if fraction >= last + _STEP:
                last = fraction
                self._jobs.report(work.job.id, stage, fraction)

        return report

    def _check(self, work: _Work) -> None:
        if not work.alive():
            raise Conflict("lease_lost", "The lease of this job was lost while working on it.")

    def _upload(self, path: Path, key: str) -> None:
        data = path.read_bytes()
        self._tools.objects.write(self._tools.results_bucket, key, data, content_type="image/jpeg")


def _silence() -> Transcript:
    note = "There is no sound track and there are no captions, so nothing can be asked about this video."
    return Transcript(segments=(), source="none", quality="captions", notes=(note,))

"""A project's film, from the files in the bucket to the MP4 beside the results: what a worker does with such a job."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from video_pipeline import layout
from video_pipeline.errors import BadInput, Conflict, NotFound
from video_pipeline.logs import bound
from video_pipeline.model import Failure, Job, ObjectRef, ProjectFilm
from video_pipeline.outcomes import attempted
from video_pipeline.ports import Ledger, Objects, Progress, Workspace
from video_pipeline.projects import manifests
from video_pipeline.projects.handing import hand_over
from video_pipeline.projects.incoming import pieces_of
from video_pipeline.publishing import Publishing
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.topology import PROCESSING_RETRY, RENDER, Retry

logger = logging.getLogger(__name__)
_STEP: Final = 0.02
_MANIFEST_BYTES: Final = 8 * 1024**2
_FETCHED: Final = 0.05  # of the bar, when all files are here; the rest but a little is for the frames
_FRAMES: Final = 0.92
_AT_ONCE: Final = 8
_TOO_LONG: Final = Failure(
    code="handed_on", retryable=True, message="It is too long for the function, so a worker renders it."
)


class Made(Protocol):
    """A film's length, and the WebVTT beside it if it has a track of captions."""

    @property
    def seconds(self) -> float: ...
    @property
    def captions(self) -> Path | None: ...


class Films(Protocol):
    """What measures sounds and renders manifests. BadInput and BadMedia name the file that can't be used."""

    def seconds(self, sound: Path) -> float: ...
    def render(self, manifest: Manifest, folder: Path, target: Path, progress: Progress) -> Made: ...


@dataclass(frozen=True)
class Bounds:
    """What one place can do. `pixels`: of all frames together; films of other codecs than H.264 are beyond it."""

    pixels: float
    input_bytes: int


@dataclass(frozen=True)
class Tools:
    """The outside of the work. `bounds`: what is beyond them is left to a worker that has none."""

    ledger: Ledger
    objects: Objects
    films: Films
    workspace: Workspace
    publishing: Publishing
    media_bucket: str
    results_bucket: str
    retry: Retry = PROCESSING_RETRY
    bounds: Bounds | None = None


class _Beyond(Exception):
    """Too long for this place."""


@dataclass(frozen=True)
class _Work:
    job: Job
    worker: str
    folder: Path
    progress: Progress

    @property
    def project_id(self) -> UUID:
        return UUID(str(self.job.source.upload_id))

    @property
    def film(self) -> Path:
        return self.folder / "film.mp4"


class Rendering:
    """Runs claimed jobs of projects. Whatever happens to one is written into the ledger."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._jobs = tools.ledger.jobs

    def work(self, job: Job, worker: str, alive: Callable[[], bool]) -> None:
        """`alive` turns False when the lease is lost; work then stops at the next second of the film."""
        with bound(job_id=job.id, project_id=job.source.upload_id):
            logger.info("rendering begun", extra={"attempt": job.attempt})
            with attempted(self._tools.ledger, job, worker, self._tools.retry), self._tools.workspace(job.id) as folder:
                self._run(_Work(job, worker, folder, self._progress(job, alive)))
        self._tools.publishing.flush()

    def hand_on(self, job_id: UUID, worker: str) -> None:
        """To a worker that is not bound to end. Nothing happens if this one does not hold the job any more."""
        logger.info("too long for this place")
        with suppress(Conflict):
            self._jobs.retry_later(job_id, worker, _TOO_LONG, 0, counts=False)

    def _run(self, work: _Work) -> None:
        self._jobs.begin_stage(work.job.id, RENDER, work.worker)
        try:
            film = self._known(work) or self._rendered(work)
        except _Beyond:
            self.hand_on(work.job.id, work.worker)
            return
        if film is None:
            raise BadInput("project_removed", "The project was removed while its film was rendered.")
        self._become_video(work, film)
        detail = {"film": film.media.uri, "sha256": film.sha256, "size": film.size, "seconds": round(film.seconds, 3)}
        self._jobs.end_stage(work.job.id, RENDER, detail=detail, worker=work.worker)
        self._jobs.complete(work.job.id, worker=work.worker)
        logger.info("rendered", extra=detail)

    # -------------------------------------------------------------------------------------- the film
    def _known(self, work: _Work) -> ProjectFilm | None:
        """The film that an earlier attempt made of this very manifest."""
        film = self._tools.ledger.projects.get(work.project_id).film
        if film is None or film.manifest != work.job.source.sha256:
            return None
        try:
            for each in filter(None, (film.media, film.captions)):
                self._tools.objects.head(each)
        except NotFound:
            return None
        return film

    def _rendered(self, work: _Work) -> ProjectFilm | None:
        before = self._tools.ledger.projects.get(work.project_id).film
        manifest = self._manifest(work)
        self._fetch(work, manifest)
        made = self._tools.films.render(
            manifest, work.folder, work.film, lambda share: work.progress(_FETCHED + _FRAMES * share)
        )
        film = self._stored(work, made)
        if not self._tools.ledger.projects.rendered(work.project_id, film, work.worker):
            self._forget(film.media, film.captions)
            return None
        if before is not None and film.captions is None:
            self._forget(before.captions)
        return film

    def _forget(self, *files: ObjectRef | None) -> None:
        for each in files:
            if each is not None:
                self._tools.objects.delete(each.bucket, [each.key])

    def _stored(self, work: _Work, made: Made) -> ProjectFilm:
        with work.film.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return ProjectFilm(
            media=self._kept(layout.film_key(work.project_id), work.film),
            captions=self._kept(layout.film_captions_key(work.project_id), made.captions) if made.captions else None,
            sha256=sha256,
            size=work.film.stat().st_size,
            seconds=made.seconds,
            manifest=work.job.source.sha256 or "",
            rendered_at=datetime.now(UTC),
        )

    def _kept(self, key: str, path: Path) -> ObjectRef:
        """Among the results."""
        kind, bucket = layout.content_type(key), self._tools.results_bucket
        return self._tools.objects.write_stream(bucket, key, pieces_of(path), content_type=kind)

    # ------------------------------------------------------------------------------------- the files
    def _manifest(self, work: _Work) -> Manifest:
        data = self._tools.objects.read(work.job.source.media, limit=_MANIFEST_BYTES)
        if hashlib.sha256(data).hexdigest() != work.job.source.sha256:
            hint = "Order the film again."
            raise BadInput("manifest_changed", "The project was changed after its film was ordered.", hint=hint)
        return manifest_of(json.loads(data))

    def _fetch(self, work: _Work, manifest: Manifest) -> None:
        """The sound first: whether the film is too long for this place follows from it."""
        files = manifests.files(manifest.model_dump())
        sound = manifest.audio
        if sound is None:
            raise BadInput("no_audio", "The project has no sound.", hint="Add it.")
        bounds = self._tools.bounds
        if bounds and manifest.codec != "h264":
            raise _Beyond
        self._fetch_one(work, sound.file)
        width, height = manifest.frame
        if (
            bounds
            and self._tools.films.seconds(work.folder / sound.file) * manifest.fps * width * height > bounds.pixels
        ):
            raise _Beyond
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            fetched = pool.map(lambda file: self._fetch_one(work, file), sorted(files - {sound.file}))
            self._counted(work, fetched, len(files))

    def _counted(self, work: _Work, fetched: Iterator[int], count: int) -> None:
        total = 0
        for number, size in enumerate(fetched, 1):
            total += size
            if self._tools.bounds and total > self._tools.bounds.input_bytes:
                raise _Beyond
            work.progress(_FETCHED * number / count)

    def _fetch_one(self, work: _Work, file: str) -> int:
        target = work.folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        ref = ObjectRef(bucket=self._tools.media_bucket, key=layout.project_key(work.project_id, file))
        size = 0
        try:
            with target.open("wb") as opened:
                for piece in self._tools.objects.stream(ref):
                    size += opened.write(piece)
        except NotFound as error:
            raise BadInput("input_missing", f"{file} is not there any more.", hint="Add it again.") from error
        return size

    # ------------------------------------------------------------------------------------- its video
    def _become_video(self, work: _Work, film: ProjectFilm) -> None:
        project = self._tools.ledger.projects.get(work.project_id)
        if not project.ask:
            return
        job = hand_over(self._tools.ledger, self._tools.objects, project, film, self._tools.media_bucket)
        if project.video_job_id != job.id:
            self._tools.ledger.projects.became_video(work.project_id, job.id, work.worker)

    def _progress(self, job: Job, alive: Callable[[], bool]) -> Progress:
        last = 0.0

        def report(share: float) -> None:
            nonlocal last
            if not alive():
                raise Conflict("lease_lost", "The lease of this job was lost while working on it.")
            if share >= last + _STEP:
                last = share
                self._jobs.report(job.id, RENDER, share)

        return report

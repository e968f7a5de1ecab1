"""Captions that come with a video are better than any recogniser: named by the sender, beside it, or inside it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from video_pipeline.errors import BadInput
from video_pipeline.model import Job, ObjectRef
from video_pipeline.ports import Media, Objects
from video_pipeline.topology import CAPTION_SUFFIXES, LIMITS
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.read import read_transcript

logger = logging.getLogger(__name__)
# Files beside the video that are looked at; a folder may hold thousands.
_NEIGHBOURS = 200
_BESIDE = re.compile(
    rf"(\.[a-z]{{2,3}}([-_][a-z0-9]{{2,8}})*)?({'|'.join(map(re.escape, CAPTION_SUFFIXES))})", re.IGNORECASE
)


@dataclass(frozen=True)
class Found:
    """`notes` tell people what was there and could not be used."""

    transcript: Transcript | None
    notes: tuple[str, ...] = ()


class Captions:
    """Finds the captions of a job's video."""

    def __init__(self, objects: Objects, media: Media) -> None:
        self._objects = objects
        self._media = media

    def find(self, job: Job, path: Path, duration: float) -> Found:
        """The first that can be read. What can't be read is a note, not a failure: the video can still be heard."""
        notes: list[str] = []
        for ref in self._candidates(job):
            try:
                data = self._objects.read(ref, limit=LIMITS.caption_bytes)
                name = PurePosixPath(ref.key).name
                found = read_transcript(data, filename=name, duration=duration, source="sidecar")
                return Found(_with_language(found, job, ref), tuple(notes))
            except BadInput as error:
                notes.append(f"The captions {PurePosixPath(ref.key).name!r} were not used: {error.message}")
                logger.warning("captions not used", extra={"object": ref.uri, "reason": error.code})
        try:
            return Found(self._media.subtitles(path), tuple(notes))
        except BadInput as error:
            notes.append(f"The subtitles inside the video were not used: {error.message}")
            return Found(None, tuple(notes))

    def _candidates(self, job: Job) -> Iterator[ObjectRef]:
        if job.options.captions:
            yield job.options.captions
        if job.source.kind == "object":
            yield from self._beside(job)

    def _beside(self, job: Job) -> Iterator[ObjectRef]:
        """`film.vtt`, `film.srt`, `film.en.vtt` beside `film.mp4`: the wanted language first, then the plainest."""
        media = job.source.media
        wanted = (job.options.language or "").lower().partition("-")[0]
        found = captions_beside(self._objects, media)
        for key in sorted(found, key=lambda key: (_language_in(key) != wanted, len(key), key)):
            yield ObjectRef(bucket=media.bucket, key=key)


def captions_beside(objects: Objects, media: ObjectRef) -> list[str]:
    """The keys of caption files that bear the name of a media object."""
    stem = media.key.removesuffix(PurePosixPath(media.key).suffix)
    near = islice(objects.under(media.bucket, f"{stem}."), _NEIGHBOURS)
    # Nothing but a language may stand between: `talk.part2.vtt` belongs to another film.
    return [info.ref.key for info in near if _BESIDE.fullmatch(info.ref.key.removeprefix(stem))]


def _language_in(key: str) -> str:
    """`en` of `film.en-GB.vtt`; nothing of `film.vtt`."""
    suffixes = PurePosixPath(key).suffixes
    return suffixes[-2][1:].lower().partition("-")[0] if len(suffixes) > 1 else ""


def _with_language(transcript: Transcript, job: Job, ref: ObjectRef) -> Transcript:
    language = transcript.language or _language_in(ref.key) or job.options.language
    return transcript.model_copy(update={"language": language or None})

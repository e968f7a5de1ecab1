"""Renders a manifest: one frame after the other, each sampled, encoded and forgotten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from av.video.frame import VideoFrame

from video_pipeline.errors import BadInput
from video_pipeline.ports import Progress
from video_pipeline.slideshow.attention import attention_in
from video_pipeline.slideshow.canvas import Canvas, Frame
from video_pipeline.slideshow.captions import Cue, cues_of, transcript_in
from video_pipeline.slideshow.choosing import timed
from video_pipeline.slideshow.faces import Faces
from video_pipeline.slideshow.film import film
from video_pipeline.slideshow.folder import verified
from video_pipeline.slideshow.fonts import Fonts
from video_pipeline.slideshow.manifest import Manifest
from video_pipeline.slideshow.motion import Motion, motion_for
from video_pipeline.slideshow.pictures import size_of
from video_pipeline.slideshow.sampling import samples_of
from video_pipeline.slideshow.sound import seconds_of, sound_frames
from video_pipeline.slideshow.timing import Slot, slots
from video_pipeline.slideshow.writing import Scribe, notes_for
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.writers import write_webvtt

_ONE: Final = 256
_BLENDED: Final = 60  # rows at once, so that they stay in the cache of a core


@dataclass(frozen=True)
class Slide:
    """A picture, when it is seen and how it moves."""

    path: Path
    picture: tuple[int, int]
    motion: Motion
    slot: Slot


@dataclass(frozen=True)
class Rendered:
    """What became of it."""

    frames: int
    seconds: float
    sound_seconds: float
    captions: Path | None = None  # a WebVTT file beside the film, if the manifest wants a track


def render(
    manifest: Manifest,
    folder: Path,
    target: Path,
    *,
    sound: Path | None = None,
    captions: Path | None = None,
    faces: Faces | None = None,
    progress: Progress | None = None,
) -> Rendered:
    """Writes the film; it appears when it is whole. `progress` is told the share done, 0..1.

    `sound` and `captions` take the place of the manifest's files. A track of captions is written beside the film, too.
    Heads that `faces` finds stay in sight, where nothing is marked.

    Every input is looked at before the first frame is made: BadInput, BadMedia and BadCaptions name what can't be used.
    """
    verified((*manifest.images, *manifest.fonts), folder)
    sound = sound or sound_in(manifest, folder)
    length = seconds_of(sound)
    transcript = said_in(manifest, folder, captions)
    manifest = timed(manifest, sound, float(length), transcript)
    slides = planned(manifest, folder, float(length), faces)
    cues = cues_of(transcript, float(length)) if transcript else ()
    scribe = _scribe(manifest, folder, slides, cues)
    total = slides[-1].slot.last
    track = cues if _shows(manifest, "track") else ()
    with film(target, manifest.frame, manifest.fps, manifest.codec, sound_frames(sound), track) as made:
        for number, frame in enumerate(frames(slides, manifest.frame, scribe), 1):
            made.add(frame)
            if progress and number % manifest.fps == 0:
                progress(number / total)
    beside = _beside(target, transcript, float(length)) if track and transcript else None
    return Rendered(total, float(Fraction(total, manifest.fps)), float(length), beside)


def sound_in(manifest: Manifest, folder: Path) -> Path:
    """The sound that the manifest names. BadInput no_audio, or as `verified` says it."""
    if manifest.audio is None:
        raise BadInput("no_audio", "The slideshow has no sound.", hint="Name it, with --audio or in the manifest.")
    verified((manifest.audio,), folder)
    return folder / manifest.audio.file


def said_in(manifest: Manifest, folder: Path, captions: Path | None = None) -> Transcript | None:
    """What the manifest's captions say, or `captions` in their place. BadCaptions, or as `verified` says it."""
    if manifest.captions is None:
        return None
    if captions is None:
        verified((manifest.captions,), folder)
    return transcript_in(captions or folder / manifest.captions.file)


def planned(manifest: Manifest, folder: Path, seconds: float, faces: Faces | None = None) -> list[Slide]:
    """When each picture is seen and how it moves. Where nothing is marked, the picture is read small to find it."""
    made = slots(manifest.images, seconds=seconds, fps=manifest.fps, crossfade=manifest.crossfade)
    slides: list[Slide] = []
    for turn, (image, slot) in enumerate(zip(manifest.images, made, strict=True)):
        path = folder / image.file
        size = size_of(path)
        lasts = (slot.last - slot.first) / manifest.fps
        matters = tuple(mark.box for mark in image.matters)
        drawing = None if matters else attention_in(path, faces)
        slides.append(Slide(path, size, motion_for(size, manifest.frame, matters, lasts, turn, drawing), slot))
    return slides


def frames(slides: Sequence[Slide], size: tuple[int, int], scribe: Scribe | None = None) -> Iterator[VideoFrame]:
    """Every frame of the film in one piece of memory: use it before the next is asked for."""
    shown, coming = Sheet(size), Sheet(size)
    with ThreadPoolExecutor(1) as pool:
        deck = _Deck(slides, size, pool)
        for number in range(slides[-1].slot.last):
            old, new = deck.seen(number)
            old.draw(number, shown.planes)
            if new is not None:
                new.draw(number, coming.planes)
                _blend(shown.planes, coming.planes, new.arrived(number, old))
            if scribe is not None:
                scribe.write(number, shown.planes)
            yield shown.frame


def _scribe(manifest: Manifest, folder: Path, slides: Sequence[Slide], cues: Sequence[Cue]) -> Scribe | None:
    """Nobody, where nothing is to be written."""
    burnt = cues if _shows(manifest, "burnt") else ()
    if not (burnt or manifest.fonts or manifest.title or any(each.title or each.credit for each in manifest.images)):
        return None
    fonts = Fonts([folder / each.file for each in manifest.fonts])
    notes = notes_for(manifest, [slide.slot for slide in slides], burnt, fonts)
    return Scribe(notes, manifest.frame, manifest.fps, fonts) if notes else None


def _shows(manifest: Manifest, way: str) -> bool:
    return manifest.captions is not None and manifest.captions.show in {way, "both"}


def _beside(target: Path, transcript: Transcript, seconds: float) -> Path:
    said = (each for each in transcript.segments if each.start < seconds)
    heard = tuple(each.model_copy(update={"end": min(each.end, seconds)}) for each in said)
    path = target.with_suffix(".vtt")
    path.write_text(write_webvtt(transcript.model_copy(update={"segments": heard})), encoding="utf-8")
    return path


class Sheet:
    """A frame and its planes, in one piece of memory that is used again and again."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.frame = VideoFrame(*size, "yuv420p")
        luma, blue, red = (samples_of(plane) for plane in self.frame.planes)
        self.planes: Frame = luma, blue, red


@dataclass(frozen=True)
class _Shown:
    slot: Slot
    canvas: Canvas

    def draw(self, number: int, into: Frame) -> None:
        self.canvas.draw(self.slot.share(number), into)

    def arrived(self, number: int, before: _Shown) -> float:
        """How far it has taken the place of the slide before it."""
        share = (number - self.slot.first + 1) / (before.slot.last - self.slot.first + 1)
        return (1 - math.cos(math.pi * share)) / 2


class _Deck:
    """The slides that are seen, and the one after them, which is opened beside the encoding."""

    def __init__(self, slides: Sequence[Slide], size: tuple[int, int], pool: ThreadPoolExecutor) -> None:
        self._slides, self._size, self._pool = slides, size, pool
        self._now = 0
        self._opened: dict[int, Future[Canvas]] = {}

    def seen(self, number: int) -> tuple[_Shown, _Shown | None]:
        """The slide of this frame, and the one that is taking its place if one is."""
        while number >= self._slides[self._now].slot.last:
            self._opened.pop(self._now, None)
            self._now += 1
        following = self._now + 1
        if following < len(self._slides) and number >= self._slides[following].slot.first:
            return self._shown(self._now), self._shown(following)
        shown = self._shown(self._now)
        self._open(following)
        return shown, None

    def _shown(self, index: int) -> _Shown:
        self._open(index)
        return _Shown(self._slides[index].slot, self._opened[index].result())

    def _open(self, index: int) -> None:
        if index < len(self._slides) and index not in self._opened:
            slide = self._slides[index]
            self._opened[index] = self._pool.submit(Canvas, slide.path, slide.picture, slide.motion, self._size)


def _blend(shown: Frame, coming: Frame, share: float) -> None:
    """Mixes `coming` into `shown`."""
    weight = round(share * _ONE)
    for below, above in zip(shown, coming, strict=True):
        for begin in range(0, len(below), _BLENDED):
            part = below[begin : begin + _BLENDED]
            mixed = np.multiply(part, np.uint16(_ONE - weight), dtype=np.uint16)
            mixed += np.multiply(above[begin : begin + _BLENDED], np.uint16(weight), dtype=np.uint16)
            mixed += np.uint16(_ONE // 2)
            np.right_shift(mixed, np.uint16(8), out=mixed)
            np.copyto(part, mixed, casting="unsafe")

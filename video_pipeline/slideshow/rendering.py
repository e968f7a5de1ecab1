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
from video_pipeline.slideshow.canvas import Canvas, Frame
from video_pipeline.slideshow.film import film
from video_pipeline.slideshow.folder import verified
from video_pipeline.slideshow.manifest import Manifest
from video_pipeline.slideshow.motion import Motion, motion_for
from video_pipeline.slideshow.pictures import size_of
from video_pipeline.slideshow.sampling import Bytes, Workspace
from video_pipeline.slideshow.sound import seconds_of, sound_frames
from video_pipeline.slideshow.timing import Slot, slots

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
    manifest: Manifest, folder: Path, target: Path, *, sound: Path | None = None, progress: Progress | None = None
) -> Rendered:
    """Writes the film; it appears when it is whole. `progress` is told the share done, 0..1.

    `sound` takes the place of the manifest's.

    Every input is looked at before the first frame is made: BadInput and BadMedia name the file that can't be used.
    """
    verified(manifest.images, folder)
    sound = sound or sound_in(manifest, folder)
    seconds = seconds_of(sound)
    slides = planned(manifest, folder, float(seconds))
    total = slides[-1].slot.last
    with film(target, manifest.frame, manifest.fps, manifest.codec, sound_frames(sound)) as made:
        for number, frame in enumerate(frames(slides, manifest.frame), 1):
            made.add(frame)
            if progress and number % manifest.fps == 0:
                progress(number / total)
    return Rendered(total, float(Fraction(total, manifest.fps)), float(seconds))


def sound_in(manifest: Manifest, folder: Path) -> Path:
    """The sound that the manifest names. BadInput no_audio, or as `verified` says it."""
    if manifest.audio is None:
        raise BadInput("no_audio", "The slideshow has no sound.", hint="Name it, with --audio or in the manifest.")
    verified((manifest.audio,), folder)
    return folder / manifest.audio.file


def planned(manifest: Manifest, folder: Path, seconds: float) -> list[Slide]:
    """When each picture is seen and how it moves; only headers are read."""
    made = slots(manifest.images, seconds=seconds, fps=manifest.fps, crossfade=manifest.crossfade)
    slides: list[Slide] = []
    for turn, (image, slot) in enumerate(zip(manifest.images, made, strict=True)):
        path = folder / image.file
        size = size_of(path)
        lasts = (slot.last - slot.first) / manifest.fps
        matters = tuple(mark.box for mark in image.matters)
        slides.append(Slide(path, size, motion_for(size, manifest.frame, matters, lasts, turn), slot))
    return slides


def frames(slides: Sequence[Slide], size: tuple[int, int]) -> Iterator[VideoFrame]:
    """Every frame of the film in one piece of memory: use it before the next is asked for."""
    shown, coming = Sheet(size), Sheet(size)
    frame = VideoFrame.from_numpy_buffer(shown.whole, format="yuv420p")
    work = Workspace()
    with ThreadPoolExecutor(1) as pool:
        deck = _Deck(slides, size, pool)
        for number in range(slides[-1].slot.last):
            old, new = deck.seen(number)
            old.draw(number, shown.planes, work)
            if new is not None:
                new.draw(number, coming.planes, work)
                _blend(shown.whole, coming.whole, new.arrived(number, old))
            yield frame


class Sheet:
    """The memory of one frame, as a whole and as planes."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self.whole: Bytes = np.zeros((height * 3 // 2, width), np.uint8)
        flat = self.whole.reshape(-1)
        luma, quarter = width * height, width * height // 4
        small = height // 2, width // 2
        self.planes: Frame = (
            self.whole[:height],
            flat[luma : luma + quarter].reshape(small),
            flat[luma + quarter :].reshape(small),
        )


@dataclass(frozen=True)
class _Shown:
    slot: Slot
    canvas: Canvas

    def draw(self, number: int, into: Frame, work: Workspace) -> None:
        self.canvas.draw(self.slot.share(number), into, work)

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


def _blend(shown: Bytes, coming: Bytes, share: float) -> None:
    """Mixes `coming` into `shown`."""
    weight = round(share * _ONE)
    for begin in range(0, len(shown), _BLENDED):
        below, above = shown[begin : begin + _BLENDED], coming[begin : begin + _BLENDED]
        mixed = np.multiply(below, np.uint16(_ONE - weight), dtype=np.uint16)
        mixed += np.multiply(above, np.uint16(weight), dtype=np.uint16)
        mixed += np.uint16(_ONE // 2)
        np.right_shift(mixed, np.uint16(8), out=mixed)
        np.copyto(below, mixed, casting="unsafe")

"""Tiny media files, made on the spot: a picture that tells its time by its brightness, and beeps at known moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.subtitles.subtitle import SubtitleSet

RATE = 16_000
ASS_HEADER = b"[Script Info]\r\nScriptType: v4.00+\r\n[V4+ Styles]\r\nFormat: Name\r\nStyle: Default\r\n[Events]\r\n"

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Samples = np.ndarray[Any, np.dtype[np.int16]]


def beep(seconds: float = 0.2, *, rate: int = RATE) -> Samples:
    return (np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 440 / rate) * 12_000).astype(np.int16)


def silence(seconds: float, *, rate: int = RATE) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


def beeps(seconds: float, *moments: float) -> Samples:
    """Silence of `seconds` with a beep of 0.2 s at each moment."""
    samples = silence(seconds)
    for moment in moments:
        first = round(moment * RATE)
        samples[first : first + len(beep())] = beep()[: len(samples) - first]
    return samples


@dataclass
class Cue:
    start: float
    end: float
    text: str
    speaker: str = ""


@dataclass
class Track:
    """A subtitle track."""

    cues: Sequence[Cue]
    codec: str = "mov_text"
    language: str = ""
    disposition: av.stream.Disposition | None = None


@dataclass
class Film:
    """What goes into a file. `sound` holds pieces and the second at which each begins."""

    seconds: float = 2.0
    size: tuple[int, int] = (160, 90)
    fps: int = 10
    gop: int = 10
    video: str | None = "libx264"
    picture: Callable[[float], Pixels] | None = None
    rotation: int = 0
    aspect: Fraction | None = None
    audio: str | None = "aac"
    sound: Sequence[tuple[float, Samples]] | None = None
    subtitles: Sequence[Track] = ()
    cover: bool = False
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


def make(path: Path, film: Film) -> Path:
    with av.open(str(path), "w", format=film.format, container_options=film.options) as out:
        out.metadata.update(film.metadata)
        feeds = [_pictures(out, film)] if film.video else []
        feeds += [_sounds(out, film)] if film.audio else []
        feeds += [_cover(out)] if film.cover else []
        feeds += [_cues(out, track) for track in film.subtitles]
        for packet in sorted((p for feed in feeds for p in feed), key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


def _pictures(out: Any, film: Film) -> Iterable[Any]:
    stream = out.add_stream(film.video, rate=film.fps)
    stream.width, stream.height = film.size
    stream.pix_fmt = {"libx264": "yuv420p", "mpeg4": "yuv420p", "png": "rgb24"}.get(film.video, "yuv420p")
    stream.gop_size = film.gop
    if film.video == "libx264":
        stream.options = {"preset": "ultrafast", "sc_threshold": "0", "bf": "2", "threads": "1"}
    if film.aspect:
        stream.codec_context.sample_aspect_ratio = film.aspect
    if film.rotation:
        stream.set_display_rotation(film.rotation)
    draw = film.picture or (lambda at: plain(film.size, round(20 + 200 * at / max(film.seconds, 1))))

    def frames() -> Iterable[Any]:
        for number in range(round(film.seconds * film.fps)):
            frame = av.VideoFrame.from_ndarray(draw(number / film.fps), format="rgb24")
            frame.pts = number
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return frames()


def plain(size: tuple[int, int], level: int) -> Pixels:
    return np.full((size[1], size[0], 3), level, np.uint8)


def _sounds(out: Any, film: Film) -> Iterable[Any]:
    stream = out.add_stream(film.audio, rate=RATE, layout="mono")
    context = stream.codec_context
    pieces = film.sound if film.sound is not None else [(0.0, beeps(film.seconds, 0.0))]

    def frames() -> Iterable[Any]:
        context.open(strict=False)
        size = context.frame_size or 1024
        for start, samples in pieces:
            for first in range(0, len(samples), size):
                yield from _encode(stream, samples[first : first + size], round(start * RATE) + first)
        yield from stream.encode(None)

    return frames()


def _encode(stream: Any, samples: Samples, pts: int) -> Iterable[Any]:
    form = stream.codec_context.format.name
    as_wanted = {
        "s16": samples,
        "s32": samples.astype(np.int32) << 16,
        "flt": (samples / 32768).astype(np.float32),
    }[form.removesuffix("p")]
    frame = av.AudioFrame.from_ndarray(as_wanted.reshape(1, -1), format=form, layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, pts, Fraction(1, RATE)
    return stream.encode(frame)


def _cover(out: Any) -> Iterable[Any]:
    stream = out.add_stream("png", rate=1)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
    stream.disposition = av.stream.Disposition.attached_pic

    def frames() -> Iterable[Any]:
        yield from stream.encode(av.VideoFrame.from_ndarray(plain((64, 64), 128), format="rgb24"))
        yield from stream.encode(None)

    return frames()


def _cues(out: Any, track: Track) -> Iterable[Any]:
    stream = out.add_stream(track.codec)
    stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
    stream.codec_context.subtitle_header = ASS_HEADER
    if track.language:
        stream.metadata["language"] = track.language
    if track.disposition is not None:
        stream.disposition = track.disposition

    def packets() -> Iterable[Any]:
        for number, cue in enumerate(track.cues):
            text = f"{number},0,Default,{cue.speaker},0,0,0,,{cue.text}"
            packet = stream.codec_context.encode_subtitle(SubtitleSet.create(text=text.encode(), start=0, end=1))
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = round(cue.start * 1000)
            packet.duration = round((cue.end - cue.start) * 1000)
            yield packet

    return packets()


class Studio:
    """Makes films in a folder of the test's own; also hands out the parts above, so that tests need no imports."""

    Cue, Track = Cue, Track
    beep, beeps, silence, plain = staticmethod(beep), staticmethod(beeps), staticmethod(silence), staticmethod(plain)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str = "film.mp4", **film: Any) -> Path:
        return make(self._folder / name, Film(**film))


@pytest.fixture
def film(tmp_path: Path) -> Studio:
    return Studio(tmp_path)

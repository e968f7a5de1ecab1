"""Still pictures of a video, as JPEG: upright, in their true proportions, by seeking rather than by decoding it all."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.codec import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from video_pipeline.errors import BadMedia
from video_pipeline.media import opening
from video_pipeline.media.probe import duration_of
from video_pipeline.ports import Progress

logger = logging.getLogger(__name__)

_MOST_STILLS: Final = 240  # of one video; a longer one is sampled more thinly
_TAIL: Final = 0.1  # a rest of the last step that is shorter than this share gets no still of its own
_POSTER_CANDIDATES: Final = (0.1, 0.25, 0.4, 0.6, 0.8)
_KEYFRAMES_TRIED: Final = 3
_PACKETS_TRIED: Final = 2_000
# Where keyframes are rarer than stills the pictures between them have to be decoded: ten minutes of them at most.
_DECODED_BETWEEN: Final = 18_000
_QUALITY: Final = 4  # MJPEG's quantiser, 2 (best) to 31
_LAMBDA: Final = 118  # FFmpeg's FF_QP2LAMBDA
_SANE_ASPECT: Final = (Fraction(1, 8), Fraction(8))


@dataclass(frozen=True)
class Still:
    """A decoded picture and the second, from the video's start, at which it is shown."""

    at: float
    frame: VideoFrame


def thumbnails(
    path: Path, folder: Path, *, every: float, width: int, progress: Progress | None = None
) -> list[tuple[float, Path]]:
    """JPEGs named by their milliseconds, with the second each really shows; none when there is no usable picture."""
    with ExitStack() as stack:
        camera = _camera(stack, path)
        if camera is None:
            return []
        folder.mkdir(parents=True, exist_ok=True)
        moments = _moments(camera.duration, every)
        made: list[tuple[float, Path]] = []
        for number, moment in enumerate(moments, 1):
            still = camera.still(moment, later_than=made[-1][0] if made else None)
            if still is not None:
                made.append((still.at, _write(still.frame, camera.stream, width, folder / _name(still.at))))
            if progress:
                progress(number / len(moments))
        return made


def poster(path: Path, target: Path, *, width: int) -> bool:
    """The still with most contrast among a few, so neither black nor a blank page; False without a usable picture."""
    with ExitStack() as stack:
        camera = _camera(stack, path)
        if camera is None:
            return False
        found = [camera.still(camera.duration * share) for share in _POSTER_CANDIDATES]
        stills = [still for still in found if still is not None] or list(filter(None, [camera.still(0.0)]))
        if not stills:
            return False
        best = max(stills, key=lambda still: _contrast(still.frame))
        _write(best.frame, camera.stream, width, target)
        return True


def _camera(stack: ExitStack, path: Path) -> _Camera | None:
    reel = _reel(stack, path)
    return None if reel is None else _Camera(reel, _Walker(lambda: _reel(stack, path)), duration_of(reel.container))


def _reel(stack: ExitStack, path: Path) -> _Reel | None:
    """The video open at its start; None when it has no picture that can be decoded."""
    container = stack.enter_context(opening.opened(path))
    stream = opening.picture_stream(container)
    if stream is None:
        return None
    try:
        opening.prepare_decoder(stream, "picture")
    except BadMedia as error:
        logger.warning("no stills: the picture can't be decoded", extra={"codec": error.facts.get("codec")})
        return None
    return _Reel(container, stream)


def _moments(duration: float, every: float) -> list[float]:
    step = max(every, duration / _MOST_STILLS)
    return [number * step for number in range(max(1, math.ceil(duration / step - _TAIL)))]


def _name(at: float) -> str:
    return f"{round(at * 1000):010d}.jpg"


class _Reel:
    """An open video whose times count from its start."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.container, self.stream = container, stream
        self.decoder = stream.codec_context
        self._start = opening.origin(container)

    def seek(self, moment: float) -> bool:
        """To the keyframe at or before `moment`."""
        if self.stream.time_base is None:
            return False
        try:
            self.container.seek(int((moment + self._start) / self.stream.time_base), stream=self.stream)
        except av.FFmpegError:
            return moment <= 0
        return True

    def packets(self) -> Iterator[Packet[Stream]]:
        return opening.packets(self.container, self.stream, opening.Damage())

    def still(self, frame: VideoFrame) -> Still:
        """A frame that the decoder held back does not know its time base, but the track does."""
        shown = (frame.pts or 0) * (self.stream.time_base or 0)
        return Still(round(max(0.0, float(shown) - self._start), 3), frame)


class _Camera:
    """Takes stills of a video."""

    def __init__(self, reel: _Reel, walker: _Walker, duration: float) -> None:
        self.duration = duration
        self.stream = reel.stream
        self._reel = reel
        self._walker = walker

    def still(self, moment: float, *, later_than: float | None = None) -> Still | None:
        """The keyframe at or before `moment`; if that is not `later_than`, the very picture at `moment`."""
        still = self._keyframe(moment)
        if still is None or later_than is None or still.at > later_than:
            return still
        walked = self._walker.still(moment, since=still.at)
        return walked if walked is not None and walked.at > later_than else None

    def _keyframe(self, moment: float) -> Still | None:
        if not self._reel.seek(moment):
            return None
        keyframes = (packet for packet in islice(self._reel.packets(), _PACKETS_TRIED) if packet.is_keyframe)
        frames = (self._decode_alone(packet) for packet in islice(keyframes, _KEYFRAMES_TRIED))
        frame = next((frame for frame in frames if frame is not None), None)
        return None if frame is None else self._reel.still(frame)

    def _decode_alone(self, packet: Packet[Stream]) -> VideoFrame | None:
        """The picture of one keyframe, without waiting for those that follow."""
        decoder = self._reel.decoder
        try:
            frames = decoder.decode(packet) or decoder.decode(None)
        except av.FFmpegError:
            return None
        finally:
            decoder.flush_buffers()
        return frames[0] if frames else None


class _Walker:
    """Decodes forwards through a second handle on the file, so that no stretch is decoded twice."""

    def __init__(self, open_reel: Callable[[], _Reel | None]) -> None:
        self._open_reel = open_reel
        self._reel: _Reel | None = None
        self._stills: Iterator[Still] = iter(())
        self._reached = -math.inf
        self._left = _DECODED_BETWEEN

    def still(self, moment: float, *, since: float) -> Still | None:
        """The first picture at or after `moment`, decoding from the keyframe shown at `since`."""
        if self._reached < since:
            self._stills = self._from(since)
        while self._left > 0 and (still := next(self._stills, None)) is not None:
            self._left -= 1
            self._reached = still.at
            if still.at >= moment - 0.001:
                return still
        return None

    def _from(self, moment: float) -> Iterator[Still]:
        self._reel = self._reel or self._open_reel()
        if self._reel is None or not self._reel.seek(moment):
            return
        for packet in self._reel.packets():
            try:
                frames = self._reel.decoder.decode(packet)
            except av.FFmpegError:
                continue
            yield from map(self._reel.still, frames)


def _contrast(frame: VideoFrame) -> float:
    return float(frame.reformat(width=160, height=90, format="gray").to_ndarray().std())


def _write(frame: VideoFrame, stream: VideoStream, width: int, target: Path) -> Path:
    upright = _upright(frame, stream, width)
    encoder = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = upright.width, upright.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.qscale = True
    encoder.global_quality = _QUALITY * _LAMBDA
    upright.pts = 0
    encoded = [*encoder.encode(upright), *encoder.encode(None)]
    target.write_bytes(b"".join(bytes(packet) for packet in encoded))
    return target


def _upright(frame: VideoFrame, stream: VideoStream, width: int) -> VideoFrame:
    """Scaled down to `width` as it is shown: square pixels, turned as the camera was held."""
    turns = round(frame.rotation / 90) % 4
    shown_width, shown_height = _shown_size(frame, stream)
    across = shown_height if turns % 2 else shown_width
    scale = min(1.0, width / across)
    size = {"width": _even(shown_width * scale), "height": _even(shown_height * scale)}
    if not turns:
        return frame.reformat(**size, format="yuvj420p", dst_color_range=ColorRange.JPEG)
    pixels = np.rot90(frame.reformat(**size, format="rgb24").to_ndarray(), turns)
    turned = VideoFrame.from_ndarray(np.ascontiguousarray(pixels, dtype=np.uint8), format="rgb24")
    return turned.reformat(format="yuvj420p", dst_color_range=ColorRange.JPEG)


def _shown_size(frame: VideoFrame, stream: VideoStream) -> tuple[float, float]:
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if not _SANE_ASPECT[0] <= aspect <= _SANE_ASPECT[1]:
        aspect = Fraction(1)
    return float(frame.width * aspect), float(frame.height)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)

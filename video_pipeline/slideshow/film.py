"""Writes frames and sound into an MP4 that starts playing before it is loaded: same frames, same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.captions import Cue
from video_pipeline.slideshow.manifest import Codec
from video_pipeline.slideshow.sound import RATE

# Threads are counted, since what an encoder writes depends on how many it has. `subme` 2, as veryfast has it, compares
# blocks by their transforms: on pictures that glide it takes a third of the time and saves 2 % of the bytes.
ENCODERS: Final[dict[Codec, tuple[str, dict[str, str]]]] = {
    "h264": ("libx264", {"preset": "veryfast", "crf": "23", "threads": "4", "x264-params": "subme=1"}),
    "hevc": ("libx265", {"preset": "fast", "crf": "26", "x265-params": "pools=4:frame-threads=2:log-level=error"}),
    "av1": ("libsvtav1", {"preset": "9", "crf": "35", "svtav1-params": "lp=4"}),
}
_TAGS: Final[dict[Codec, str]] = {"h264": "avc1", "hevc": "hvc1", "av1": "av01"}  # as Apple's players want them
_SOUND_BITS: Final = 128_000
_KEY_SECONDS: Final = 2  # players seek to key frames
_BT709: Final = 1
_MILLISECOND: Final = Fraction(1, 1000)
_HEADER: Final = b"[Script Info]\r\n[V4+ Styles]\r\nFormat: Name\r\nStyle: Default\r\n"  # the encoder asks for one
_MOST_SAID: Final = 4_000  # bytes


class Film:
    """An open MP4."""

    def __init__(
        self,
        container: OutputContainer,
        frame: tuple[int, int],
        fps: int,
        codec: Codec,
        sound: Iterator[AudioFrame],
        cues: Sequence[Cue] = (),
    ) -> None:
        self._container = container
        self._fps = fps
        self._pictures = _pictures(container, frame, fps, codec)
        self._sound: AudioStream = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=_SOUND_BITS)
        self._sound.codec_context.flags |= av.codec.context.Flags.bitexact
        self._track = _track(container) if cues else None
        self._cues = iter(_filled(cues))
        self._cue = next(self._cues, None)
        self._frames = sound
        self._heard = Fraction(0)
        self._shown = 0

    def add(self, frame: VideoFrame) -> None:
        """The next picture. Its memory may be used again when this returns."""
        frame.pts, frame.time_base = self._shown, Fraction(1, self._fps)
        frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
        self._container.mux(self._pictures.encode(frame))
        self._shown += 1
        self._hear(until=Fraction(self._shown, self._fps))
        self._read(until=self._shown * 1000 / self._fps)

    def end(self) -> None:
        """The rest of the sound, and what the encoders held back."""
        self._hear(until=None)
        self._container.mux(self._pictures.encode(None))
        self._container.mux(self._sound.encode(None))

    def _hear(self, until: Fraction | None) -> None:
        """Sound goes along with the pictures, so that nothing of it is kept waiting."""
        while until is None or self._heard < until:
            frame = next(self._frames, None)
            if frame is None:
                return
            self._heard += Fraction(frame.samples, RATE)
            self._container.mux(self._sound.encode(frame))

    def _read(self, until: float) -> None:
        while self._track is not None and self._cue is not None and self._cue.start < until:
            self._container.mux(_sample(self._track, self._cue))
            self._cue = next(self._cues, None)


@contextmanager
def film(
    target: Path,
    frame: tuple[int, int],
    fps: int,
    codec: Codec,
    sound: Iterator[AudioFrame],
    cues: Sequence[Cue] = (),
) -> Iterator[Film]:
    """A film that is there under its name once it is whole, and not before. BadInput output_unwritable.

    `cues` become a track of captions.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        container = av.open(
            f"file:{part.absolute()}", "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
    except OSError as error:
        raise BadInput("output_unwritable", f"{target} can't be written: {error.strerror}.") from error
    try:
        with container:
            made = Film(container, frame, fps, codec, sound, cues)
            yield made
            made.end()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _pictures(container: OutputContainer, frame: tuple[int, int], fps: int, codec: Codec) -> VideoStream:
    name, options = ENCODERS[codec]
    stream = container.add_stream(name, rate=fps, options=options)
    if not isinstance(stream, VideoStream):
        raise TypeError(f"{name} encodes no pictures")
    stream.width, stream.height = frame
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, fps)
    context = stream.codec_context
    context.codec_tag = _TAGS[codec]
    context.gop_size = _KEY_SECONDS * fps
    context.flags |= av.codec.context.Flags.bitexact
    context.colorspace, context.color_primaries, context.color_trc = _BT709, _BT709, _BT709
    context.color_range = ColorRange.MPEG
    return stream


def _track(container: OutputContainer) -> SubtitleStream:
    stream = container.add_stream("mov_text")
    if not isinstance(stream, SubtitleStream):
        raise TypeError("mov_text is no track of captions")
    stream.time_base = stream.codec_context.time_base = _MILLISECOND
    stream.codec_context.subtitle_header = _HEADER
    return stream


def _filled(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues with empty ones between them: a text in an MP4 stays until the next."""
    time = 0
    for cue in cues:
        if cue.start > time:
            yield Cue(time, cue.start, "")
        yield cue
        time = cue.end


def _sample(stream: SubtitleStream, cue: Cue) -> Packet[Stream]:
    """As MP4 has it: the length in two bytes, then the text, so that nothing in it is taken for markup."""
    said = cue.text.encode(errors="replace")[:_MOST_SAID].decode(errors="ignore").encode()
    packet = Packet(len(said).to_bytes(2, "big") + said)
    packet.stream, packet.time_base = stream, _MILLISECOND
    packet.pts = packet.dts = cue.start
    packet.duration = cue.end - cue.start
    return packet

"""The sound of a slideshow: how long it is, to the sample, and its frames for the encoder."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from video_pipeline.errors import BadMedia
from video_pipeline.media import opening
from video_pipeline.media.probe import sound_stream

RATE: Final = 48_000
MAX_SECONDS: Final = 4 * 3600
_MIN_SECONDS: Final = 0.1


def seconds_of(path: Path) -> Fraction:
    """What can be heard, by decoding all of it: headers are wrong too often to end a film with them.

    BadMedia no_audio, audio_too_short, audio_too_long, or as `opening` says it; it names the file.
    """
    try:
        return _measured(path)
    except BadMedia as error:
        raise BadMedia(error.code, f"{path.name}: {error.message}", hint=error.hint) from error


def _measured(path: Path) -> Fraction:
    samples = 0
    for frame in sound_frames(path):
        samples += frame.samples
        if samples > MAX_SECONDS * RATE:
            said = f"The sound is longer than {MAX_SECONDS // 3600} hours."
            raise BadMedia("audio_too_long", said, hint="Cut it into parts.")
    if samples == 0:
        raise BadMedia("no_audio", "Nothing of the sound could be decoded.", hint="Export it anew.")
    if samples < _MIN_SECONDS * RATE:
        raise BadMedia("audio_too_short", "The sound lasts less than a tenth of a second.", hint="Send another.")
    return Fraction(samples, RATE)


def sound_frames(path: Path) -> Iterator[AudioFrame]:
    """The sound at 48 kHz in stereo, without gaps, each frame with its time. Damaged places are passed over."""
    with opening.opened(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise BadMedia("no_audio", "There is no sound track.", hint="Name a file with sound.")
        opening.prepare_decoder(stream, "sound track")
        written = 0
        for frame in _resampled(container, stream):
            frame.pts, frame.time_base = written, Fraction(1, RATE)
            written += frame.samples
            yield frame


def _resampled(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    setup: tuple[str, str, int] | None = None
    resampler = _resampler()
    for frame in _decoded(container, stream):
        if setup not in {None, now := (frame.format.name, frame.layout.name, frame.sample_rate)}:
            yield from resampler.resample(None)
            resampler = _resampler()
        setup = now
        frame.pts = None
        yield from resampler.resample(frame)
    if setup is not None:
        yield from resampler.resample(None)


def _resampler() -> AudioResampler:
    return AudioResampler(format="fltp", layout="stereo", rate=RATE)


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    damage = opening.Damage()
    for packet in opening.packets(container, stream, damage):
        try:
            yield from stream.codec_context.decode(packet)
        except av.FFmpegError:
            damage.note()
    try:
        yield from stream.codec_context.decode(None)
    except av.FFmpegError:
        return

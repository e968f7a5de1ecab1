"""The sound track as 16 kHz mono 16-bit WAV, on the media's clock: second n of the WAV is second n of the player."""

from __future__ import annotations

import logging
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from video_pipeline.errors import BadMedia
from video_pipeline.media import opening
from video_pipeline.media.probe import check_duration, declared_duration, sound_stream
from video_pipeline.ports import Progress

logger = logging.getLogger(__name__)

RATE: Final = 16_000
_WIDTH: Final = 2
# Timestamps of WebM and of recorded calls jitter by a frame; more than this is a gap or an overlap.
_TOLERANCE: Final = 0.05
# Overlaps are cut away; a jump back that is longer is a clock that was set back, and time goes on.
_LONGEST_OVERLAP: Final = 5.0
# Of a file that does not tell its length; a longer one is a clock gone mad, which would fill the disk with silence.
_LONGEST_GAP: Final = 3600.0
# A file is called truncated when this share of what its header promises is missing: a header is honest to within
# a frame or, in streamed recordings, a fragment of up to ten seconds; a longer hole would be words lost unseen.
_MISSING_SHARE: Final = 0.05
_MISSING_LEAST, _MISSING_MOST = 1.0, 10.0
# Samples resampled at once: calling the resampler for every frame of a thousand costs more than all else together.
_BATCH: Final = 16_384
_SILENCE: Final = bytes(RATE * _WIDTH)
_REPORT_EVERY: Final = 5.0


def extract_audio(path: Path, target: Path, progress: Progress | None = None) -> float:
    """Writes the WAV and returns its seconds.

    Damaged places are passed over and become silence, as in a player. Raises `BadMedia`: no_audio, unsupported_codec,
    audio_unreadable (nothing could be decoded), media_truncated (the file ends before its header says), media_too_long.
    """
    with opening.opened(path) as container:
        stream = _sound(container)
        promised = declared_duration(container)
        check_duration(promised or 0.0)
        with wave.open(str(target), "wb") as wav:
            wav.setparams((1, _WIDTH, RATE, 0, "NONE", "not compressed"))
            track = _Track(wav, end=None if promised is None else promised + _MISSING_MOST)
            _copy(container, stream, track, _Reporter(progress, promised))
        _check_heard(track)
        _check_whole(container, stream, promised, track.seconds)
        return track.seconds


def _sound(container: InputContainer) -> AudioStream:
    stream = sound_stream(container)
    if stream is None:
        raise BadMedia("no_audio", "The file has no sound track.", hint="Nothing can be transcribed.")
    opening.prepare_decoder(stream, "sound track")
    return stream


def _copy(container: InputContainer, stream: AudioStream, track: _Track, report: _Reporter) -> None:
    start = opening.origin(container)
    for frame in _frames(container, stream, track.damage):
        track.add(frame, None if frame.time is None else frame.time - start)
        report(track.seconds)
    track.finish()


def _frames(container: InputContainer, stream: AudioStream, damage: opening.Damage) -> Iterator[AudioFrame]:
    for packet in opening.packets(container, stream, damage):
        try:
            yield from stream.codec_context.decode(packet)
        except av.FFmpegError:
            damage.note()
    yield from _last_frames(stream)


def _last_frames(stream: AudioStream) -> Iterator[AudioFrame]:
    """What the decoder held back."""
    try:
        yield from stream.codec_context.decode(None)
    except av.FFmpegError:
        return


def _check_heard(track: _Track) -> None:
    damaged = track.damage.places
    if damaged:
        logger.warning("damaged places in the sound were passed over", extra={"damaged": damaged})
    if track.frames:
        return
    if damaged:
        raise BadMedia(
            "audio_unreadable",
            "Nothing of the sound track could be decoded: it is damaged or encrypted.",
            hint="Export the file anew, without copy protection.",
            damaged=damaged,
        )
    raise BadMedia("no_audio", "The file's sound track is empty.", hint="Nothing can be transcribed.")


def _check_whole(container: InputContainer, stream: AudioStream, promised: float | None, heard: float) -> None:
    """A sound track may be shorter than its film; a file whose every track ends early has lost its end."""
    if promised is None:
        return
    allowed = min(_MISSING_MOST, max(_MISSING_LEAST, promised * _MISSING_SHARE))
    if promised - heard <= allowed:
        return
    facts = {"promised": round(promised, 3), "readable": round(heard, 3)}
    later = _tracks_after(container, promised - allowed)
    if stream.index in later:
        message = f"The sound can be read for {heard:.0f} of {promised:.0f} seconds: the file is damaged in the middle."
        raise BadMedia("media_damaged", message, hint="Upload it again, or export it anew.", **facts)
    if not later:
        message = (
            f"The file says that it lasts {promised:.0f} seconds, but ends after {heard:.0f}: the rest is missing."
        )
        raise BadMedia("media_truncated", message, hint="Upload it again.", **facts)


def _tracks_after(container: InputContainer, moment: float) -> set[int]:
    """Which tracks have data at or after `moment`."""
    due = moment + opening.origin(container)
    try:
        container.seek(int(due * av.time_base))
    except av.FFmpegError:
        return set()
    return {p.stream_index for p in opening.all_packets(container) if (opening.start_of(p) or 0.0) >= due}


class _Reporter:
    """Tells progress every few seconds of sound, not every frame."""

    def __init__(self, progress: Progress | None, total: float | None) -> None:
        self._progress, self._total, self._next = progress, total, 0.0

    def __call__(self, seconds: float) -> None:
        if self._progress and self._total and seconds >= self._next:
            self._progress(min(1.0, seconds / self._total))
            self._next = seconds + _REPORT_EVERY


class _Track:
    """Lays frames at their times: late ones after silence, overlapping ones cut, broken clocks mended."""

    def __init__(self, wav: wave.Wave_write, *, end: float | None) -> None:
        """`end`: the second after which nothing may begin; None when the header does not tell."""
        self.frames = 0
        self.damage = opening.Damage()
        self._wav = wav
        self._end = end
        self._written = 0
        self._resampler: AudioResampler | None = None
        self._waiting = AudioFifo()
        self._setup: tuple[str, str, int] | None = None
        self._due = 0.0  # the media time up to which sound was taken
        self._shift = 0.0  # what is taken off the clock of a file that set it

    @property
    def seconds(self) -> float:
        return self._written / RATE

    def add(self, frame: AudioFrame, at: float | None) -> None:
        """`at`: the media time of its first sample, None when unknown (then it follows the one before)."""
        if frame.sample_rate <= 0 or frame.samples <= 0:
            self.damage.note()
            return
        gap = 0.0 if at is None else self._gap(at)
        if gap < -_TOLERANCE:
            return
        if gap > _TOLERANCE:
            self.finish()
            self._due += gap
            self._catch_up()
        self._due += frame.samples / frame.sample_rate
        self._take(frame)

    def finish(self) -> None:
        """Writes what is held back here and in the resampler."""
        self._resample_waiting()
        self._resample(None)
        self._resampler = None

    def _gap(self, at: float) -> float:
        gap = at - self._shift - self._due
        end = self._due + _LONGEST_GAP if self._end is None else self._end
        if gap < -_LONGEST_OVERLAP or self._due + gap > end:
            self._shift += gap
            return 0.0
        return gap

    def _take(self, frame: AudioFrame) -> None:
        setup = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or setup != self._setup:
            self.finish()
            self._resampler, self._waiting = AudioResampler(format="s16", layout="mono", rate=RATE), AudioFifo()
            self._setup = setup
        frame.pts = None  # the queue would insist on unbroken timestamps; time is kept here
        self._waiting.write(frame)
        self.frames += 1
        if self._waiting.samples >= _BATCH:
            self._resample_waiting()

    def _resample_waiting(self) -> None:
        frame = self._waiting.read()
        if frame is not None:
            self._resample(frame)

    def _resample(self, frame: AudioFrame | None) -> None:
        """What can't be resampled (a header of nonsense) becomes silence."""
        if self._resampler is None:
            return
        try:
            self._write(self._resampler.resample(frame))
        except (av.FFmpegError, ValueError):
            self.damage.note()
            self._resampler = None
            self._catch_up()

    def _write(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._wav.writeframesraw(memoryview(frame.planes[0])[: frame.samples * _WIDTH])
            self._written += frame.samples
        if self.seconds > opening.MAX_SECONDS:
            raise BadMedia("media_too_long", "The sound track does not end.", hint="Cut the file into parts.")

    def _catch_up(self) -> None:
        """Silence up to the time that was taken."""
        missing = round(self._due * RATE) - self._written
        for done in range(0, missing, RATE):
            self._wav.writeframesraw(_SILENCE[: min(RATE, missing - done) * _WIDTH])
        self._written += max(0, missing)

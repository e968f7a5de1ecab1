"""What a media file is: its container, tracks and true duration."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from video_pipeline.errors import BadMedia
from video_pipeline.media import opening
from video_pipeline.media.languages import language_tag
from video_pipeline.model import MediaInfo

# Formats without a header that counts: FFmpeg guesses their duration from the bit rate, wrongly for variable ones.
_GUESSING: Final = {"aac", "mp3", "amr"}
_MICROSECONDS: Final = 1_000_000
_WEB_CODECS: Final = {"vp8", "vp9", "av1", "opus", "vorbis"}


def probe(path: Path) -> MediaInfo:
    """Reads headers, and all packets only where no header tells the duration. Raises `BadMedia`."""
    with opening.opened(path) as container:
        picture, sound = opening.picture_stream(container), sound_stream(container)
        if picture is None and sound is None:
            raise BadMedia(
                "no_audio_or_video",
                "The file has neither sound nor moving pictures.",
                hint="Send a video or a recording.",
            )
        size, duration = _checked_size(picture), duration_of(container)
        check_duration(duration)
        return MediaInfo(
            container=_container_name(container),
            duration=round(duration, 3),
            size=path.stat().st_size,
            bit_rate=container.bit_rate or None,
            video_codec=opening.codec_name(picture) if picture else None,
            width=size[0] if size else None,
            height=size[1] if size else None,
            frame_rate=_frame_rate(picture),
            audio_codec=opening.codec_name(sound) if sound else None,
            audio_channels=_channels(sound),
            sample_rate=_sample_rate(sound),
            subtitle_languages=_subtitle_languages(container),
            created=container.metadata.get("creation_time"),
        )


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound that a player would play."""
    best = container.streams.best("audio")
    return next((s for s in container.streams.audio if best is not None and s.index == best.index), None)


def declared_duration(container: InputContainer) -> float | None:
    """Seconds that the header promises; None where it says nothing, or FFmpeg only guesses."""
    if not container.duration or container.duration < 0 or container.format.name in _GUESSING:
        return None
    return container.duration / _MICROSECONDS


def duration_of(container: InputContainer) -> float:
    """Seconds: declared, or counted by reading every packet, which leaves the container at its end."""
    declared = declared_duration(container)
    return _counted_duration(container) if declared is None else declared


def _counted_duration(container: InputContainer) -> float:
    first = opening.origin(container)
    last = max((end for packet in opening.all_packets(container) if (end := opening.end_of(packet))), default=first)
    return max(0.0, last - first)


def check_duration(duration: float) -> None:
    """Raises `BadMedia("media_too_long")`."""
    if duration > opening.MAX_SECONDS:
        raise BadMedia(
            "media_too_long",
            f"The file says that it lasts {duration / 3600:.0f} hours.",
            hint=f"At most {opening.MAX_SECONDS // 3600} hours are accepted: cut it into parts.",
            seconds=duration,
        )


def _checked_size(picture: VideoStream | None) -> tuple[int, int] | None:
    """Width and height as stored; None when unknown."""
    if picture is None or opening.decoder_of(picture) is None or not picture.width:
        return None
    width, height = picture.width, picture.height
    if max(width, height) > opening.MAX_SIDE or width * height > opening.MAX_PIXELS:
        raise BadMedia(
            "picture_too_large",
            f"The picture is {width} x {height} pixels, more than can be decoded safely.",
            hint=f"Scale it down to {opening.MAX_SIDE} pixels a side and {opening.MAX_PIXELS // 10**6} megapixels.",
        )
    return width, height


def _container_name(container: InputContainer) -> str:
    """One word: FFmpeg's name for the family is narrowed by brand or codecs."""
    family = container.format.name
    if family == "matroska,webm":
        codecs = {opening.codec_name(s) for s in container.streams if s.type in ("audio", "video")}
        return "webm" if codecs <= _WEB_CODECS else "matroska"
    if family.startswith("mov,"):
        brand = container.metadata.get("major_brand", "qt").strip()
        return {"qt": "mov", "M4A": "m4a"}.get(brand, "mp4")
    return family.partition(",")[0]


def _frame_rate(picture: VideoStream | None) -> float | None:
    rate = (picture.average_rate or picture.guessed_rate) if picture else None
    return round(float(rate), 3) if rate else None


def _channels(sound: AudioStream | None) -> int | None:
    return (sound.channels or None) if sound and opening.decoder_of(sound) else None


def _sample_rate(sound: AudioStream | None) -> int | None:
    return (sound.sample_rate or None) if sound and opening.decoder_of(sound) else None


def _subtitle_languages(container: InputContainer) -> tuple[str, ...]:
    found = (language_tag(each.language) or "und" for each in container.streams.subtitles)
    return tuple(dict.fromkeys(found))

"""Text subtitle tracks inside a media file, as a transcript.

A track is rewritten as a WebVTT file and given to the reader of captions, so that speakers, overlaps and rolling
captions are understood in one place.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from video_pipeline.errors import BadCaptions, BadMedia
from video_pipeline.media import opening
from video_pipeline.media.languages import language_tag
from video_pipeline.media.probe import duration_of
from video_pipeline.topology import LIMITS
from video_pipeline.transcripts.captions import read_captions
from video_pipeline.transcripts.model import Transcript

logger = logging.getLogger(__name__)

_TEXT_CODECS: Final = {"mov_text", "subrip", "webvtt", "ass", "ssa", "text"}
_ASS_FIELDS: Final = 8  # read order, layer, style, name, three margins, effect; then the text
_ASS_NAME: Final = 3
_LONGEST_OPEN_CUE: Final = 5.0  # seconds that a cue without an end is taken to stand
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9]")
_TAGS = re.compile(r"\{[^{}]*\}")
_BREAK = re.compile(r"\\[Nn]")
_BLANK_LINES = re.compile(r"\n\s*\n+")


class _Cue(NamedTuple):
    start: float
    end: float
    payload: str


def subtitles(path: Path) -> Transcript | None:
    """The first track with words in it: a full one before a forced one, the default one before others."""
    with opening.opened(path) as container:
        streams = [s for s in container.streams.subtitles if opening.codec_name(s) in _TEXT_CODECS]
        duration = duration_of(container) if streams else 0.0
        read = (_transcript(container, stream, duration) for stream in sorted(streams, key=_rank))
        return next((transcript for transcript in read if transcript is not None), None)


def _rank(stream: SubtitleStream) -> tuple[bool, bool, int]:
    return bool(stream.disposition & Disposition.forced), not stream.disposition & Disposition.default, stream.index


def _transcript(container: InputContainer, stream: SubtitleStream, duration: float) -> Transcript | None:
    try:
        opening.prepare_decoder(stream, "subtitle track")
        container.seek(container.start_time or 0)
        document = _webvtt(_cues(container, stream))
        found = read_captions(document, filename="track.vtt", duration=duration or None, source="embedded")
    except (BadMedia, BadCaptions, av.FFmpegError) as error:
        logger.warning("a subtitle track was passed over", extra={"track": stream.index, "cause": str(error)})
        return None
    return found.model_copy(update={"language": language_tag(stream.language), "engine": opening.codec_name(stream)})


def _webvtt(cues: Iterator[_Cue]) -> bytes:
    blocks = ["WEBVTT"]
    for start, end, payload in _ended(sorted(_bounded(cues), key=lambda cue: cue.start)):
        blocks.append(f"{_stamp(start)} --> {_stamp(end)}\n{payload}")
    return "\n\n".join(blocks).encode()


def _bounded(cues: Iterator[_Cue]) -> Iterator[_Cue]:
    size = 0
    for cue in cues:
        size += len(cue.payload)
        if size > LIMITS.caption_bytes:
            raise BadMedia("subtitles_too_large", "The subtitle track is too large to be one.")
        yield cue


def _ended(cues: list[_Cue]) -> Iterator[_Cue]:
    """A cue without an end stands until the next one."""
    for cue, following in pairwise([*cues, _Cue(float("inf"), float("inf"), "")]):
        open_end = min(cue.start + _LONGEST_OPEN_CUE, following.start)
        yield cue if cue.end > cue.start else cue._replace(end=open_end)


def _stamp(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"


def _cues(container: InputContainer, stream: SubtitleStream) -> Iterator[_Cue]:
    origin = opening.origin(container)
    for packet in opening.packets(container, stream, opening.Damage()):
        start, end = opening.start_of(packet), opening.end_of(packet)
        if start is None or end is None:
            continue
        for payload in _payloads(stream, packet):
            yield _Cue(max(0.0, start - origin), max(0.0, end - origin), _BLANK_LINES.sub("\n", payload.strip()))


def _payloads(stream: SubtitleStream, packet: Packet[Stream]) -> Iterator[str]:
    """Of WebVTT the text as it is, because FFmpeg's decoder drops its speakers and times; of others what is decoded."""
    if opening.codec_name(stream) == "webvtt":
        yield bytes(packet).decode("utf-8", "replace").replace("-->", "--&gt;")
        return
    try:
        decoded = stream.decode(packet)
    except av.FFmpegError:
        return
    for each in decoded:
        if isinstance(each, AssSubtitle):
            yield from _ass_payload(each.ass.decode("utf-8", "replace"))


def _ass_payload(event: str) -> Iterator[str]:
    """An ASS event with its speaker and without styling; vector drawings are no words."""
    fields = event.split(",", _ASS_FIELDS)
    if len(fields) <= _ASS_FIELDS or _DRAWING.search(fields[_ASS_FIELDS]):
        return
    text = _BREAK.sub("\n", _TAGS.sub("", fields[_ASS_FIELDS])).replace("\\h", " ").strip()
    if text:
        speaker = fields[_ASS_NAME].strip()
        voice = f"<v {html.escape(speaker, quote=False)}>" if speaker else ""
        yield voice + html.escape(html.unescape(text), quote=False)

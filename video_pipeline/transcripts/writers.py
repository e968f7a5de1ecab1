"""Writes transcripts as WebVTT and SubRip, in cues of a length that people can read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from video_pipeline.transcripts.cue_text import GUARD
from video_pipeline.transcripts.model import Segment, Transcript, Word
from video_pipeline.transcripts.sentences import ends_sentence

_LINE: Final = 42
_CUE: Final = 2 * _LINE
# A cue that ends with a sentence may be this much shorter than full.
_EARLY: Final = _CUE // 2
_LOW_NOTE: Final = "This text comes from a simple speech recogniser that makes many mistakes. It must not be relied on."
# What a player would take for a tag, an override or a timing line.
_SUBRIP_MARKUP: Final = re.compile(r"<(?=[A-Za-z/!])|\{(?=\\)|[-–—](?=>)")


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown from `start` to `end`, in milliseconds."""

    start: int
    end: int
    speaker: str | None
    lines: list[str]


def write_webvtt(transcript: Transcript, *, note: str | None = None) -> str:
    """WebVTT with speakers as voice tags. `note` and, for text of low quality, a warning stand first as comments."""
    blocks = ["WEBVTT"]
    comments = (_LOW_NOTE if transcript.quality == "low" else None, note)
    blocks.extend(f"NOTE {_escaped(comment)}" for comment in comments if comment)
    for caption in captions_of(transcript):
        voice = f"<v {_escaped(caption.speaker)}>" if caption.speaker else ""
        lines = "\n".join(map(_escaped, caption.lines))
        blocks.append(f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n{voice}{lines}")
    return "\n\n".join(blocks) + "\n"


def write_srt(transcript: Transcript) -> str:
    """SubRip; a speaker is named as `Name: ` in front of the text. Markup in the text is made harmless."""
    blocks: list[str] = []
    for number, caption in enumerate(captions_of(transcript), start=1):
        name = f"{_guarded(caption.speaker)}: " if caption.speaker else ""
        lines = "\n".join(map(_guarded, caption.lines))
        blocks.append(f"{number}\n{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}\n{name}{lines}\n")
    return "\n".join(blocks)


def write_chapters(chapters: Iterable[tuple[float, float, str]]) -> str:
    """WebVTT for a track of kind `chapters`: start, end and title of each, one line a title."""
    blocks = ["WEBVTT"]
    for start, end, title in chapters:
        first = _milliseconds(start)
        last = max(first + 1, _milliseconds(end))
        blocks.append(f"{_clock(first, '.')} --> {_clock(last, '.')}\n{_escaped(title)}")
    return "\n\n".join(blocks) + "\n"


def captions_of(transcript: Transcript) -> Iterator[Caption]:
    """In the order of the transcript, of a length that people can read."""
    for segment in transcript.segments:
        speaker = " ".join((segment.speaker or "").split()) or None
        for start, end, text in _cues(segment):
            first = _milliseconds(start)
            # Players never show a cue that ends where it starts.
            last = max(first + 1, _milliseconds(end))
            yield Caption(first, last, speaker, _wrapped(text))


def _cues(segment: Segment) -> Iterator[tuple[float, float, str]]:
    """The segment whole, or in parts with the times of their words. Its own start and end stay the outer ones."""
    text = " ".join(segment.text.split())
    words = [word for word in segment.words if word.text.strip()]
    if len(text) <= _CUE or [word.text.strip() for word in words] != text.split():
        if text:
            yield segment.start, segment.end, text
        return
    groups = list(_groups(words))
    for number, group in enumerate(groups):
        start = segment.start if number == 0 else group[0].start
        end = segment.end if number == len(groups) - 1 else group[-1].end
        yield start, end, " ".join(word.text.strip() for word in group)


def _groups(words: list[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    length = 0
    for word in words:
        full = length + len(word.text) > _CUE
        if group and (full or (length > _EARLY and ends_sentence(group[-1].text))):
            yield group
            group, length = [], 0
        group.append(word)
        length += len(word.text) + 1
    if group:
        yield group


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LINE, break_long_words=False, break_on_hyphens=False)


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _guarded(text: str) -> str:
    return _SUBRIP_MARKUP.sub(lambda found: found[0] + GUARD, text)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _clock(milliseconds: int, point: str) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{fraction:03}"

"""The lines of a WebVTT or SubRip file to timed cues. What is wrong is skipped and its line number kept.

Every regular expression here is anchored or stops at the character it starts with, so that hostile files take time in
proportion to their size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_TIME: Final = r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?"
_STAMP: Final = re.compile(_TIME)
_TIMING: Final = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?=[ \t]|$)")
# A mistyped arrow counts between complete times only: `10:30 -> 11:00` is something people write.
_COMPLETE: Final = r"([0-9]{1,4}):([0-9]{1,2}):([0-9]{1,2})[.,]([0-9]{1,9})"
_SLOPPY: Final = re.compile(rf"[ \t]*{_COMPLETE}[ \t]*(?:-{{1,3}}|[–—])>[ \t]*{_COMPLETE}(?=[ \t]|$)")
_CLOCK: Final = re.compile(r"[0-9]:[0-9]")
_LANGUAGE: Final = re.compile(r"Language:[ \t]*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)[ \t]*")
_ASIDE: Final = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:[ \t]|$)|X-TIMESTAMP-MAP=")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from `start` to `end` seconds, as written; `line` is the number of its timing line, from 1."""

    line: int
    start: float
    end: float
    payload: str


@dataclass(slots=True)
class Scan:
    """The cues of a file in its own order, and the numbers of the lines where something had to be skipped."""

    cues: list[Cue] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """A run of lines without an empty one; `first` is the index of its first line."""

    first: int
    lines: list[str]


def parse_stamp(text: str) -> float | None:
    """Seconds of `[hh:]mm:ss[.mmm]`; None when it is none."""
    found = _STAMP.fullmatch(text)
    return _seconds(found.groups()) if found else None


def is_webvtt(text: str) -> bool:
    """Whether the file says so in its first line."""
    return re.match(r"\s*WEBVTT(?:\s|$)", text) is not None


def scan(text: str, *, webvtt: bool) -> Scan:
    """Reads WebVTT (`webvtt`) or SubRip. In WebVTT an empty line ends a cue; in SubRip only the next cue does."""
    lines = text.split("\n")
    marks = [index for index in range(len(lines)) if ">" in lines[index] and _is_timing(lines, index)]
    result = Scan()
    _read_head(lines, marks[0] if marks else len(lines), result, webvtt=webvtt)
    for mark, following in pairwise([*marks, len(lines)]):
        _read_cue(lines, mark, following, result, webvtt=webvtt)
    result.bad.sort()
    return result


def _is_timing(lines: list[str], index: int) -> bool:
    """Also true for a line that was meant as one and is wrong, so that it does not become text of the cue before."""
    line = lines[index]
    if _match(line):
        return True
    if "-->" not in line:
        return False
    before = lines[index - 1].strip() if index else ""
    return not before or before.isdecimal() or _CLOCK.search(line.partition("-->")[0]) is not None


def _match(line: str) -> re.Match[str] | None:
    return _TIMING.match(line) or _SLOPPY.match(line)


def _read_head(lines: list[str], end: int, result: Scan, *, webvtt: bool) -> None:
    """What stands before the first cue: header and comments of WebVTT; in SubRip only a number belongs there."""
    blocks = list(_blocks(lines, 0, end, webvtt=webvtt))
    if blocks and is_webvtt(blocks[0].lines[0]):
        header = blocks.pop(0)
        found = [match[1] for line in header.lines if (match := _LANGUAGE.fullmatch(line))]
        result.language = found[0] if found else None
    for block in blocks:
        if not _belongs(block, end, webvtt=webvtt):
            result.bad.append(block.first + 1)


def _read_cue(lines: list[str], mark: int, following: int, result: Scan, *, webvtt: bool) -> None:
    blocks = list(_blocks(lines, mark + 1, _without_number(lines, mark + 1, following), webvtt=webvtt))
    payload: list[str] = []
    if blocks and (blocks[0].first == mark + 1 or not webvtt):
        payload = blocks.pop(0).lines
    for block in blocks:
        if _belongs(block, following, webvtt=webvtt):
            continue
        if webvtt or block.lines[0].strip().isdecimal():
            result.bad.append(block.first + 1)
        else:
            payload += block.lines
    times = _times(lines[mark])
    if times is None:
        result.bad.append(mark + 1)
    else:
        result.cues.append(Cue(mark + 1, *times, "\n".join(payload)))


def _blocks(lines: list[str], first: int, end: int, *, webvtt: bool) -> Iterator[_Block]:
    """WebVTT means really empty lines: a line of spaces is text, as rolling captions have it."""
    block: list[str] = []
    for index in range(first, end):
        line = lines[index]
        if line if webvtt else line.strip():
            block.append(line)
        elif block:
            yield _Block(index - len(block), block)
            block = []
    if block:
        yield _Block(end - len(block), block)


def _without_number(lines: list[str], first: int, end: int) -> int:
    """Where the text ends when the number of the next cue, which stands right above its times, is left out."""
    return end - 1 if first < end < len(lines) and lines[end - 1].strip().isdecimal() else end


def _belongs(block: _Block, mark: int, *, webvtt: bool) -> bool:
    """Whether a block outside of cues may stand there: a comment, or a cue's name right above its timing line."""
    if webvtt and _ASIDE.match(block.lines[0]):
        return True
    above = block.first + len(block.lines) == mark
    return above and len(block.lines) == 1 and (webvtt or block.lines[0].strip().isdecimal())


def _times(line: str) -> tuple[float, float] | None:
    found = _match(line)
    if found is None:
        return None
    groups = found.groups()
    start, end = _seconds(groups[:4]), _seconds(groups[4:])
    return None if start is None or end is None or end < start else (start, end)


def _seconds(groups: tuple[str | None, ...]) -> float | None:
    hours, minutes, seconds, fraction = (part or "0" for part in groups)
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole * 1000 + int(fraction.ljust(3, "0")[:3])) / 1000

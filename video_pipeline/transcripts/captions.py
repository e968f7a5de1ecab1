"""Reads captions that come with a video: WebVTT and SubRip (SRT), well made or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath
from typing import Final

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts import cues, rolling
from video_pipeline.transcripts.cue_text import Line, TimedWord, label_of, read_payload
from video_pipeline.transcripts.decoding import decode
from video_pipeline.transcripts.model import Segment, Transcript, TranscriptSource, Word
from video_pipeline.transcripts.rolling import Shown

_ENCODINGS: Final = {"cp932": "Shift_JIS", "cp949": "EUC-KR", "koi8_r": "KOI8-R", "tis_620": "TIS-620"}
_HINT: Final = "Open the file in a caption editor, correct it and send it again."
_TITLED_CUES: Final = 3
# A cue costs memory far beyond its bytes, and no film of a day has one each second.
_MOST_CUES: Final = 100_000


@dataclass(slots=True)
class _Range:
    """Keeps cues inside the media, and counts what that took."""

    duration: float | None
    dropped: int = 0
    cut: int = 0
    kept: list[cues.Cue] = field(default_factory=list)

    def take(self, cue: cues.Cue) -> None:
        if self.duration is not None and cue.start > self.duration:
            self.dropped += 1
            return
        if self.duration is not None and cue.end > self.duration:
            self.cut += 1
            cue = cues.Cue(cue.line, cue.start, self.duration, cue.payload)
        self.kept.append(cue)


def _refuse_crowds(count: int) -> None:
    if count > _MOST_CUES:
        message = f"The captions have {count} cues; at most {_MOST_CUES} are read."
        raise BadCaptions("captions_too_large", message, hint="Join cues, or send the text as a transcript.")


def read_captions(
    data: bytes, *, filename: str, duration: float | None = None, source: TranscriptSource = "sidecar"
) -> Transcript:
    """Captions as a transcript with one segment for each speaker of a cue, in order of time.

    The format is told by content, `filename` decides where that says nothing. What can't be used (malformed cues, cues
    after `duration`) is left out, and `notes` say so. Words have times only where the file gives some inside its cues;
    words between two such times share them by length. Raises `BadCaptions` when no caption is left.
    """
    duration = round(duration, 3) if duration is not None else None
    text, guess = decode(data)
    webvtt = _is_webvtt(text, filename)
    scan = cues.scan(text, webvtt=webvtt)
    if not scan.cues:
        raise _unreadable(scan, text)
    _refuse_crowds(len(scan.cues))
    placed = _Range(duration)
    for cue in sorted(scan.cues, key=lambda cue: cue.start):
        placed.take(cue)
    shown = _shown(placed.kept, webvtt=webvtt)
    rolled = rolling.rolls(shown)
    if not shown:
        raise _nothing_left(placed)
    lines = rolling.without_repeats(shown) if rolled else [cue.lines for cue in shown]
    return Transcript(
        segments=tuple(segment for cue, kept in zip(shown, lines, strict=True) for segment in _segments(cue, kept)),
        language=scan.language,
        source=source,
        engine="webvtt" if webvtt else "subrip",
        quality="captions",
        duration=duration,
        notes=tuple(_notes(guess, scan, placed, _overlaps(shown), rolled=rolled)),
    )


def _is_webvtt(text: str, filename: str) -> bool:
    """Without the WebVTT line the name decides, unless the first times have a comma, as SubRip's alone do."""
    if cues.is_webvtt(text):
        return True
    arrow = text.find("-->")
    times = text[max(0, arrow - 20) : arrow] if arrow >= 0 else ""
    return PurePath(filename.lower()).suffix == ".vtt" and "," not in times


def _shown(kept: Sequence[cues.Cue], *, webvtt: bool) -> list[Shown]:
    labelled = sum(label_of(cue.payload.partition("\n")[0], titled=True) is not None for cue in kept)
    titled = labelled >= _TITLED_CUES and labelled * 2 >= len(kept)
    read = (Shown(cue.start, cue.end, read_payload(cue.payload, webvtt=webvtt, titled=titled)) for cue in kept)
    return [cue for cue in read if cue.text]


def _segments(cue: Shown, lines: Sequence[Line]) -> Iterator[Segment]:
    """A new segment for each speaker; all have the times of their cue, since it does not tell them apart."""
    turns = _turns(lines)
    timed = any(line.words for line in lines)
    words = _spread([word for turn in turns for word in _words(turn)], cue.start, cue.end) if timed else ()
    used = 0
    for turn in turns:
        text = " ".join(line.text for line in turn)
        count = len(text.split())
        own = words[used : used + count]
        used += count
        start, end = (own[0].start, own[-1].end) if own and len(turns) > 1 else (cue.start, cue.end)
        yield Segment(start=start, end=end, text=text, speaker=turn[0].speaker, words=own)


def _turns(lines: Sequence[Line]) -> list[list[Line]]:
    turns: list[list[Line]] = []
    for line in lines:
        if turns and not line.turn and line.speaker == turns[-1][0].speaker:
            turns[-1].append(line)
        else:
            turns.append([line])
    return turns


def _words(lines: Sequence[Line]) -> Iterator[TimedWord]:
    for line in lines:
        yield from line.words or (TimedWord(word, None) for word in line.text.split())


def _spread(words: Sequence[TimedWord], start: float, end: float) -> tuple[Word, ...]:
    """Times of words; none when the marks run backwards or begin before the cue."""
    runs = [(mark, list(run)) for mark, run in groupby(words, key=lambda word: word.mark)]
    begins = [start if mark is None else min(mark, end) for mark, _ in runs]
    edges = [*begins, end]
    if begins[0] < start or edges != sorted(edges):
        return ()
    timed: list[Word] = []
    for (_, run), first, last in zip(runs, edges, edges[1:], strict=False):
        timed += _share([word.text for word in run], first, last)
    return tuple(timed)


def _share(words: Sequence[str], start: float, end: float) -> Iterator[Word]:
    total = sum(map(len, words))
    done = 0
    for word in words:
        begin = round(start + (end - start) * done / total, 3)
        done += len(word)
        yield Word(text=word, start=begin, end=round(start + (end - start) * done / total, 3))


def _notes(guess: str | None, scan: cues.Scan, placed: _Range, overlaps: int, *, rolled: bool) -> Iterator[str]:
    if guess:
        name = _ENCODINGS.get(guess, guess.replace("cp125", "windows-125"))
        yield f"The captions were not UTF-8; read as {name}."
    if scan.bad:
        skipped = _count(len(scan.bad), "malformed cue was", "malformed cues were")
        yield f"{skipped} skipped, the first at line {scan.bad[0]}."
    if overlaps:
        yield f"{_count(overlaps, 'caption begins', 'captions begin')} before the one before it has ended."
    if placed.dropped:
        yield f"{_count(placed.dropped, 'caption was', 'captions were')} left out: after the end of the video."
    if placed.cut:
        yield f"{_count(placed.cut, 'caption was', 'captions were')} cut short at the end of the video."
    if rolled:
        yield "The captions roll; lines that were shown again are left out."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _overlaps(kept: Sequence[Shown]) -> int:
    latest, overlaps = 0.0, 0
    for cue in kept:
        overlaps += cue.start < latest
        latest = max(latest, cue.end)
    return overlaps


def _unreadable(scan: cues.Scan, text: str) -> BadCaptions:
    if cues.is_webvtt(text) and not scan.bad:
        return BadCaptions("captions_empty", "The captions hold no text.", hint="Send a file that has captions in it.")
    blank = len(text) - len(text.lstrip())
    line = scan.bad[0] if scan.bad else text.count("\n", 0, blank) + 1
    return BadCaptions(
        "captions_malformed",
        f"No caption could be read; line {line} is the first that is wrong.",
        hint=f"Send WebVTT (.vtt) or SubRip (.srt). {_HINT}",
        line=line,
    )


def _nothing_left(placed: _Range) -> BadCaptions:
    if placed.dropped:
        return BadCaptions(
            "captions_out_of_range",
            f"All captions begin after the end of the video ({placed.duration} s).",
            hint="Check that the captions belong to this video.",
        )
    return BadCaptions("captions_empty", "The captions hold no text.", hint="Send a file that has captions in it.")

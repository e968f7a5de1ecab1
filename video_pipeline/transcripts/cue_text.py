"""The text of one cue: markup taken off, who says it, and the times that stand inside it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final

from video_pipeline.transcripts.cues import parse_stamp

_TAG: Final = re.compile(r"<[^<>]*>")
_OVERRIDE: Final = re.compile(r"\{\\[^{}]*\}")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_WORD: Final = re.compile(r"\S+")
_NUMBERED: Final = re.compile(r"(?i:speaker|spk)[ _-]?[0-9]{1,3}")
_CHANGE: Final = re.compile(r"(?:>>>?\s*|[-–]\s+)+")
_GLUED_DASH: Final = re.compile(r"[-–](?=[^\W\d])")
_DASH: Final = re.compile(r"[-–](?=\s|[^\W\d])")
# What SubRip files use; other things in angle brackets are text there, while WebVTT takes any name for markup.
_SUBRIP_TAGS: Final = frozenset(
    {"i", "b", "u", "s", "em", "strong", "font", "c", "v", "ruby", "rt", "lang", "span", "br"}
)
# More lines than any screen has are running text, where line ends mean nothing.
_MOST_LINES: Final = 500
_LABEL_CHARS: Final = 40
_LABEL_WORDS: Final = 4
_SPEAKER_CHARS: Final = 100
# SubRip has no way to say that a character is text; a space without width keeps players from reading it as markup.
GUARD: Final = "\u200b"
_GUARDED: Final = re.compile(rf"[<{{–—-]{GUARD}(?=[A-Za-z/!>\\])")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """`mark`: the last time given before the word in its cue, None before the first one."""

    text: str
    mark: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a cue, or what one voice says of it, with single spaces. `turn`: someone else begins to speak.

    `words` are there only when the line has times inside.
    """

    text: str
    speaker: str | None = None
    turn: bool = False
    words: tuple[TimedWord, ...] = ()


def read_payload(payload: str, *, webvtt: bool, titled: bool = False) -> list[Line]:
    """The lines of a cue in order. `titled`: this file names speakers as `Jane Doe: text`, not only in capitals."""
    drafts = _Reader(webvtt=webvtt).read(payload)
    dashed = sum(_DASH.match(draft.raw.strip()) is not None for draft in drafts) > 1
    lines: list[Line] = []
    speaker: str | None = None
    for draft in drafts:
        line = _plain(draft)
        if not draft.voice:
            line = _conventions(line, speaker, dashed=dashed, titled=titled)
            speaker = line.speaker
        if line.text:
            lines.append(line)
    return lines


def label_of(text: str, *, titled: bool = False) -> tuple[str, str] | None:
    """Splits `NAME: text` or `Speaker 1: text` (with `titled` also `Jane Doe: text`) into speaker and text."""
    name, colon, _ = text[: _LABEL_CHARS + 1].replace("：", ":").partition(":")
    rest = text[len(name) + 1 :]
    if not colon or (rest and not rest[0].isspace() and text[len(name)] == ":") or not _is_name(name, titled=titled):
        return None
    return name.strip(), rest.strip()


def _is_name(name: str, *, titled: bool) -> bool:
    words = name.split()
    if not words or len(words) > _LABEL_WORDS or not all(c.isalnum() or c in " .'’&#()_-" for c in name):
        return False
    if _NUMBERED.fullmatch(name.strip()):
        return True
    if titled:
        return not any(word[0].islower() for word in words)
    return name.isupper() and sum(map(str.isalpha, name)) > 1


@dataclass(slots=True)
class _Draft:
    """A line while it is read. `marks` are (offset in its raw text, seconds)."""

    voice: str | None
    parts: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[tuple[int, float]] = field(default_factory=list)

    @property
    def raw(self) -> str:
        return "".join(self.parts)


class _Reader:
    """Goes through a payload once and cuts it at line ends and where the voice changes."""

    def __init__(self, *, webvtt: bool) -> None:
        self._webvtt = webvtt
        self._drafts = [_Draft(None)]

    def read(self, payload: str) -> list[_Draft]:
        if not self._webvtt:
            payload = _OVERRIDE.sub("", payload)
        if payload.count("\n") > _MOST_LINES:
            payload = payload.replace("\n", " ")
        position = 0
        for tag in _TAG.finditer(payload):
            inner = tag[0][1:-1]
            if self._is_markup(inner):
                self._text(payload[position : tag.start()])
                self._markup(inner)
                position = tag.end()
        self._text(payload[position:])
        return self._drafts

    def _is_markup(self, inner: str) -> bool:
        name = _tag_name(inner)
        if not name:
            return parse_stamp(inner) is not None
        return self._webvtt or name in _SUBRIP_TAGS

    def _markup(self, inner: str) -> None:
        name = _tag_name(inner)
        if not name:
            draft = self._drafts[-1]
            draft.marks.append((draft.length, parse_stamp(inner) or 0.0))
        elif name == "v":
            self._cut(None if inner.startswith("/") else _voice(inner))
        elif name == "br":
            self._cut(self._drafts[-1].voice)

    def _text(self, raw: str) -> None:
        for number, piece in enumerate(raw.split("\n")):
            if number:
                self._cut(self._drafts[-1].voice)
            text = _unescape(piece) if self._webvtt else _GUARDED.sub(_unguarded, _unescape(piece))
            self._drafts[-1].parts.append(text)
            self._drafts[-1].length += len(text)

    def _cut(self, voice: str | None) -> None:
        """A mark before any text of the new line still holds for it."""
        last = self._drafts[-1].marks[-1:]
        self._drafts.append(_Draft(voice, marks=[(0, seconds) for _, seconds in last]))


def _tag_name(inner: str) -> str:
    """`i` of `i`, `/i`, `i.big` and `i x=y`; empty for what can't be a tag."""
    first = inner.removeprefix("/").split(maxsplit=1)[:1]
    name = first[0].split(".", 1)[0].rstrip("/") if first and inner[:1].strip() else ""
    return name.lower() if name.isascii() and name[:1].isalpha() else ""


def _voice(inner: str) -> str | None:
    """The speaker of `v.loud Ann Lee`."""
    name = " ".join(_unescape(inner.partition(" ")[2]).split())
    return name[:_SPEAKER_CHARS] or None


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _unguarded(found: re.Match[str]) -> str:
    return found[0][:-1]


def _plain(draft: _Draft) -> Line:
    raw = draft.raw
    if not draft.marks:
        return Line(" ".join(raw.split()), draft.voice)
    words: list[TimedWord] = []
    marks = iter([*draft.marks, (len(raw) + 1, 0.0)])
    mark, (offset, seconds) = None, next(marks)
    for word in _WORD.finditer(raw):
        while offset <= word.start():
            mark, (offset, seconds) = seconds, next(marks)
        words.append(TimedWord(word[0], mark))
    return Line(" ".join(word.text for word in words), draft.voice, words=tuple(words))


def _conventions(line: Line, speaker: str | None, *, dashed: bool, titled: bool) -> Line:
    """Takes off `- ` and `>>` (someone else speaks) and a leading speaker label; a label holds until the cue's end."""
    text = line.text
    change = _CHANGE.match(text) or (_GLUED_DASH.match(text) if dashed else None)
    if change:
        text = text[change.end() :]
        speaker = None
    label = label_of(text, titled=titled)
    if label:
        speaker, text = label
    kept = text.split()
    words = line.words[len(line.words) - len(kept) :] if kept else ()
    if words:
        words = (TimedWord(kept[0], words[0].mark), *words[1:])
    return Line(text, speaker, turn=bool(change or label), words=words)

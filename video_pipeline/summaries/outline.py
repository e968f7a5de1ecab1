"""A summary as a paper has it: headings, paragraphs and lists in order, for every form in which it is written.

What kind of recording it is decides which parts there are and what they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from video_pipeline.model import Video
from video_pipeline.summaries.document import (
    EXTRACTIVE,
    ActionItem,
    Kind,
    Quote,
    Statement,
    Summary,
    TimeBlock,
    plain,
    visible,
)

Link = Callable[[UUID, float], str]
"""Plays a video from a second."""


@dataclass(frozen=True)
class Template:
    """What the parts are called. `actions` None: what is to be done has no place unless somebody said so."""

    noun: str
    overview: str
    blocks: str
    actions: str
    speakers: str


TEMPLATES: Final[dict[Kind, Template]] = {
    "meeting": Template("Meeting", "In short", "What was discussed", "To do", "Participants"),
    "lecture": Template("Lecture", "Main ideas", "Contents", "Announced and assigned", "Speakers"),
    "vlog": Template("Vlog", "In short", "Moments", "Announced", "Who speaks"),
    "other": Template("Recording", "In short", "Contents", "To do", "Speakers"),
}
_CREDIT: Final = "Every quote stands in the transcript at the second that is given."


@dataclass(frozen=True)
class Piece:
    """Text that may lead to a moment. Plain: what looks like markup in it is none."""

    text: str
    link: str | None = None
    strong: bool = False


@dataclass(frozen=True)
class Part:
    """`title` and `heading` stand alone, an `item` belongs to a list, a `quote` to the item before it."""

    role: Literal["title", "heading", "subheading", "text", "item", "quote", "small"]
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def clock(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss`."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def title_of_video(video: Video) -> str:
    return str(plain(video.title)) or video.filename


def outline(summary: Summary, video: Video, link: Link) -> list[Part]:
    """The whole summary, in the order in which it is read."""
    writer = _Writer(summary, lambda seconds: link(summary.video_id, seconds))
    parts = [Part("title", (Piece(title_of_video(video)),)), *writer.parts(video)]
    return [
        replace(part, pieces=tuple(replace(each, text=visible(each.text)) for each in part.pieces)) for part in parts
    ]


class _Writer:
    def __init__(self, summary: Summary, link: Callable[[float], str]) -> None:
        self._summary = summary
        self._link = link
        self._template = TEMPLATES[summary.kind]

    def parts(self, video: Video) -> Iterator[Part]:
        yield from self._head(video)
        yield from self._list(self._template.overview, map(self._statement, self._summary.overview))
        yield from self._list(self._template.actions, map(self._action, self._summary.action_items))
        if self._summary.time_blocks:
            yield Part("heading", (Piece(self._template.blocks),))
        for block in self._summary.time_blocks:
            yield from self._block(block)
        yield from self._foot()

    def _head(self, video: Video) -> Iterator[Part]:
        said = [self._template.noun, clock(self._summary.duration), video.day.isoformat()]
        yield Part("small", (Piece(" · ".join(said)),))
        if self._summary.speakers:
            names = ", ".join(self._summary.speakers)
            yield Part("text", (Piece(f"{self._template.speakers}: ", strong=True), Piece(names)))
        for note in self._summary.notes:
            yield Part("small", (Piece(note),))

    def _list(self, heading: str, items: Iterator[Sequence[Part]]) -> Iterator[Part]:
        listed = [part for item in items for part in item]
        if listed:
            yield Part("heading", (Piece(heading),))
            yield from listed

    def _statement(self, each: Statement) -> Sequence[Part]:
        return [Part("item", (Piece(f"{each.text} "), self._time(each.start)))]

    def _action(self, each: ActionItem) -> Sequence[Part]:
        owner = (Piece(f"{each.owner}: ", strong=True),) if each.owner else ()
        due = (Piece(f" ({each.due})"),) if each.due else ()
        item = Part("item", (*owner, Piece(each.text), *due, Piece(" "), self._time(each.quote.start)))
        return [item] if each.quote.text == each.text else [item, self._quote(each.quote)]

    def _block(self, block: TimeBlock) -> Iterator[Part]:
        yield Part("subheading", (self._time(block.start), Piece(f" {block.title}")))
        if block.speakers and len(self._summary.speakers) > 1:
            yield Part("small", (Piece(", ".join(block.speakers)),))
        for point, quote in zip(block.points, block.quotes, strict=True):
            if block.engine != EXTRACTIVE:
                yield Part("item", (Piece(point),))
            yield self._quote(quote)

    def _quote(self, quote: Quote) -> Part:
        who = (Piece(f"{quote.speaker}: ", strong=True),) if quote.speaker else ()
        return Part("quote", (*who, Piece(f"“{quote.text}” "), self._time(quote.start)))

    def _time(self, seconds: float) -> Piece:
        return Piece(clock(seconds), self._link(seconds))

    def _foot(self) -> Iterator[Part]:
        engine = self._summary.engine
        made = "Made of what was said alone." if engine == EXTRACTIVE else f"Written by {engine}."
        yield Part("small", (Piece(f"{made} {_CREDIT}"),))

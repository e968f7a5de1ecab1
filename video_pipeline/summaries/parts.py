"""One part of a transcript as a language model tells it, as far as the transcript bears that out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from video_pipeline.plaintext import foreign_addresses
from video_pipeline.summaries.actions import named_in
from video_pipeline.summaries.document import ActionItem, Quote
from video_pipeline.summaries.prompts import MOST_ACTIONS, MOST_POINTS, line_chars
from video_pipeline.summaries.replies import Action, PartReply, Point
from video_pipeline.summaries.spoken import Said
from video_pipeline.summaries.verifying import Verifier


@dataclass(frozen=True)
class Part:
    """A run of sentences that the model reads at once."""

    sentences: Sequence[Said]

    @property
    def start(self) -> float:
        return self.sentences[0].start

    @property
    def end(self) -> float:
        return max(each.end for each in self.sentences)


@dataclass(frozen=True)
class Told:
    """`points` with the quote that each follows from. `dropped`: how much was not borne out."""

    title: str
    points: list[tuple[str, Quote]] = field(default_factory=list)
    actions: list[ActionItem] = field(default_factory=list)
    dropped: int = 0


def parts_of(sentences: Sequence[Said], most_chars: int) -> list[Part]:
    """Parts of about equal length that the model can read, each as whole sentences; at least one sentence each."""
    total = sum(map(line_chars, sentences))
    even = total / max(1, -(-total // most_chars))
    parts: list[list[Said]] = [[]]
    filled = 0
    for each in sentences:
        size = line_chars(each)
        full = filled >= even or filled + size > most_chars
        if parts[-1] and full:
            parts.append([])
            filled = 0
        parts[-1].append(each)
        filled += size
    return [Part(each) for each in parts if each]


def borne_out(part: Part, reply: PartReply, verifier: Verifier, speakers: Sequence[str]) -> Told:
    """Only what has a quote that was said in this part, with the words and the time of the transcript."""
    points = [(point.text, _quote(point, part, verifier)) for point in reply.points[:MOST_POINTS]]
    kept = [(text, quote) for text, quote in points if quote is not None]
    actions = [_action(each, part, verifier, speakers) for each in reply.actions[:MOST_ACTIONS]]
    done = [each for each in actions if each is not None]
    dropped = len(reply.points) + len(reply.actions) - len(kept) - len(done)
    return Told(reply.title if is_clean(reply.title, verifier) else "", _by_time(kept), done, dropped)


def is_clean(text: str, verifier: Verifier) -> bool:
    """Names no address that nobody said."""
    return all(map(verifier.holds, foreign_addresses(text, ())))


def _quote(told: Point | Action, part: Part, verifier: Verifier) -> Quote | None:
    if not told.text or not is_clean(told.text, verifier):
        return None
    quote = verifier.quote(told.quote, near=(part.start, part.end))
    return quote if quote is not None and part.start <= quote.start <= part.end else None


def _action(told: Action, part: Part, verifier: Verifier, speakers: Sequence[str]) -> ActionItem | None:
    quote = _quote(told, part, verifier)
    if quote is None:
        return None
    # A person who was never heard nor named would be an invention, and so would a date.
    owner = named_in(told.owner, speakers) or (told.owner if verifier.holds(told.owner) else None)
    due = told.due if verifier.holds(told.due) else None
    return ActionItem(text=told.text, owner=owner, due=due, quote=quote)


def _by_time(points: Sequence[tuple[str, Quote]]) -> list[tuple[str, Quote]]:
    return sorted(points, key=lambda each: each[1].start)

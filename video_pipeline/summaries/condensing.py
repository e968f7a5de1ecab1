"""Many points become a few sentences: in groups that the model reads at once, then those sentences again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from video_pipeline.summaries.document import Quote
from video_pipeline.summaries.prompts import MOST_STATEMENTS
from video_pipeline.summaries.replies import WholeReply

_ROUNDS: Final = 5
_OVERHEAD: Final = 12
"""Characters around a point in what the model is given."""

Ask = Callable[[Sequence[str]], WholeReply | None]
"""Gives numbered points to the model."""


@dataclass(frozen=True)
class Source:
    """Something that was found to be said, and where."""

    text: str
    quote: Quote


@dataclass(frozen=True)
class Gist:
    """`title` may be empty. `dropped`: sentences that named no point that there is."""

    title: str
    sentences: list[Source]
    dropped: int = 0


def condensed(sources: Sequence[Source], ask: Ask, most_chars: int) -> Gist | None:
    """At most a few sentences, each with the place of the first point that it tells. None if the model fails."""
    current, dropped = list(sources), 0
    for _ in range(_ROUNDS):
        groups = list(_groups(current, most_chars))
        if len(groups) <= 1:
            break
        gists = [_asked(group, ask) or Gist("", _some(group, MOST_STATEMENTS)) for group in groups]
        dropped += sum(each.dropped for each in gists)
        current = [source for each in gists for source in each.sentences]
    last = next(_groups(current, most_chars), [])
    gist = _asked(last if len(last) == len(current) else _some(current, len(last)), ask)
    return None if gist is None else Gist(gist.title, gist.sentences, gist.dropped + dropped)


def _asked(sources: Sequence[Source], ask: Ask) -> Gist | None:
    reply = ask([each.text for each in sources])
    if reply is None:
        return None
    sentences: list[Source] = []
    for each in reply.sentences[:MOST_STATEMENTS]:
        known = sorted(number for number in each.points if 1 <= number <= len(sources))
        if known and each.text:
            sentences.append(Source(each.text, sources[known[0] - 1].quote))
    return Gist(reply.title, sentences, len(reply.sentences) - len(sentences)) if sentences else None


def _groups(sources: Sequence[Source], most_chars: int) -> Iterator[list[Source]]:
    group: list[Source] = []
    filled = 0
    for each in sources:
        size = len(each.text) + _OVERHEAD
        if group and filled + size > most_chars:
            yield group
            group, filled = [], 0
        group.append(each)
        filled += size
    if group:
        yield group


def _some(sources: Sequence[Source], most: int) -> list[Source]:
    """Evenly from all of them."""
    if len(sources) <= most:
        return list(sources)
    return [sources[at * len(sources) // most] for at in range(most)]

"""A summary in the video's own words: its subjects, the sentences that tell most, what is to be done. No model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from video_pipeline.summaries.actions import action_items
from video_pipeline.summaries.document import (
    EXTRACTIVE,
    TEXT_CHARS,
    Quote,
    Statement,
    Summary,
    TimeBlock,
    chapters_of,
    shortened,
)
from video_pipeline.summaries.kinds import kind_of
from video_pipeline.summaries.salience import Weights, telling, title_of
from video_pipeline.summaries.segmenting import blocks_for, segment
from video_pipeline.summaries.spoken import Said, Spoken

_PER_BLOCK: Final = 4
_OF_ALL: Final = 5
_PART_WORDS: Final = 120
_MOST_SPEAKERS: Final = 12
_LOW: Final = "The transcript is of low quality: what is quoted may not be what was said."
_SILENT: Final = "Nothing is said in this video."


def summarise(video_id: UUID, spoken: Spoken) -> Summary:
    """The same transcript always gives the same summary."""
    runs = segment(spoken.sentences, blocks_for(spoken.duration))
    blocks = blocks_of(spoken, [spoken.sentences[first:last] for first, last in runs])
    told = kind_of(spoken)
    best = telling(_quoted_first(spoken, blocks), weights_of(spoken), _OF_ALL)
    overview = tuple(Statement(text=shortened(f"“{each.text}”", TEXT_CHARS), start=each.start) for each in best)
    return Summary(
        video_id=video_id,
        kind=told.kind,
        kind_reason=told.reason,
        summary=" ".join(each.text for each in overview),
        overview=overview,
        time_blocks=blocks,
        action_items=tuple(action_items(spoken.sentences, names_of(spoken))),
        chapters=chapters_of(blocks, spoken.duration) if blocks else (),
        speakers=names_of(spoken),
        language=spoken.language,
        quality=spoken.quality,
        duration=spoken.duration,
        engine=EXTRACTIVE,
        notes=notes_on(spoken),
    )


def blocks_of(spoken: Spoken, runs: Sequence[Sequence[Said]]) -> tuple[TimeBlock, ...]:
    """One block for each run of sentences."""
    weights = weights_of(spoken)
    return tuple(_block(number, run, weights, names_of(spoken)) for number, run in enumerate(runs, start=1))


def weights_of(spoken: Spoken) -> Weights:
    parts: list[list[Said]] = [[]]
    words = 0
    for each in spoken.sentences:
        parts[-1].append(each)
        words += each.words
        if words >= _PART_WORDS:
            parts.append([])
            words = 0
    return Weights(parts)


def names_of(spoken: Spoken) -> tuple[str, ...]:
    """Who speaks, who says most first."""
    return tuple(name for name in spoken.words_of if name)[:_MOST_SPEAKERS]


def notes_on(spoken: Spoken) -> tuple[str, ...]:
    if not spoken.sentences:
        return (_SILENT,)
    return (_LOW,) if spoken.quality == "low" else ()


def speakers_of(sentences: Iterable[Said]) -> tuple[str, ...]:
    """Those who speak in this run, who says most first."""
    said: dict[str, int] = {}
    for each in sentences:
        if each.speaker:
            said[each.speaker] = said.get(each.speaker, 0) + each.words
    return tuple(sorted(said, key=lambda name: -said[name]))[:_MOST_SPEAKERS]


def _block(number: int, run: Sequence[Said], weights: Weights, names: Sequence[str]) -> TimeBlock:
    quotes = tuple(quote_of(each) for each in telling(run, weights, _PER_BLOCK))
    return TimeBlock(
        number=number,
        start=run[0].start,
        end=max(each.end for each in run),
        title=title_of(run, weights, apart=names) or f"{number}",
        points=tuple(shortened(quote.text, TEXT_CHARS) for quote in quotes),
        speakers=speakers_of(run),
        quotes=quotes,
    )


def quote_of(said: Said) -> Quote:
    return Quote(text=said.text, start=said.start, end=max(said.start, said.end), speaker=said.speaker)


def _quoted_first(spoken: Spoken, blocks: Sequence[TimeBlock]) -> list[Said]:
    """Those sentences that tell most of some part: the whole is told by the best of its parts."""
    quoted = {(quote.start, quote.text) for block in blocks for quote in block.quotes}
    return [each for each in spoken.sentences if (each.start, each.text) in quoted]

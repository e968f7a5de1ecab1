"""A summary written by a language model, part by part, and then from the parts' points as a whole.

Every part fits into what the model reads at once, however long the video is. What it writes counts only with a quote
that was said; a part that it can't tell is told in the video's own words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple
from uuid import UUID

from video_pipeline.errors import PipelineError, Unavailable
from video_pipeline.model import Usage
from video_pipeline.ports import Completion, LanguageModel, Prompt
from video_pipeline.summaries.condensing import Source, condensed
from video_pipeline.summaries.document import EXTRACTIVE, ActionItem, Statement, Summary, TimeBlock, chapters_of
from video_pipeline.summaries.extractive import blocks_of, names_of
from video_pipeline.summaries.extractive import summarise as extracted
from video_pipeline.summaries.parts import Part, Told, borne_out, is_clean, parts_of
from video_pipeline.summaries.prompts import MOST_POINTS, part_prompt, whole_prompt
from video_pipeline.summaries.replies import PartReply, WholeReply, read
from video_pipeline.summaries.segmenting import blocks_for, segment
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.summaries.verifying import Verifier

logger = logging.getLogger(__name__)
_CALL_SECONDS: Final = 90.0
_LEAST_SECONDS: Final = 5.0
_UNUSABLE: Final = "What the language model wrote could not be used; what was said is quoted instead."
_QUOTED_PARTS: Final = "{some} of {all} parts could not be told by the language model and are quoted."


class _Asked(NamedTuple):
    """A part, and what the model told of it."""

    part: Part
    told: Told | None


class ModelWriter:
    """`summarising.Writer`. Asks for several parts at once; what there is no time left for is quoted."""

    def __init__(
        self,
        model: LanguageModel,
        *,
        part_chars: int,
        seconds: float,
        at_once: int = 4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`part_chars`: how much of a transcript the model is given at once; `seconds`: for a whole summary."""
        self._model = model
        self._part_chars = part_chars
        self._seconds = seconds
        self._at_once = at_once
        self._clock = clock

    def write(self, video_id: UUID, spoken: Spoken) -> Summary:
        return _Writing(self._model, extracted(video_id, spoken), spoken, self._part_chars, self._left()).write(
            self._at_once
        )

    def _left(self) -> Callable[[], float]:
        end = self._clock() + self._seconds
        return lambda: end - self._clock()


class _Writing:
    """One summary. `plain` is the same without the model: what stays of it where the model fails."""

    def __init__(
        self,
        model: LanguageModel,
        plain: Summary,
        spoken: Spoken,
        part_chars: int,
        left: Callable[[], float],
    ) -> None:
        self._model = model
        self._plain = plain
        self._spoken = spoken
        self._part_chars = part_chars
        self._left = left
        self._verifier = Verifier(spoken)
        self._names = names_of(spoken)
        self._usages: list[Usage] = []
        self._errors: list[PipelineError] = []
        self._dropped = 0

    def write(self, at_once: int) -> Summary:
        runs = segment(self._spoken.sentences, blocks_for(self._spoken.duration))
        sentences = [self._spoken.sentences[first:last] for first, last in runs]
        parts = [parts_of(each, self._part_chars) for each in sentences]
        with ThreadPoolExecutor(at_once) as pool:
            asked = [[(part, pool.submit(self._tell, part)) for part in each] for each in parts]
            told = [[_Asked(part, each.result()) for part, each in block] for block in asked]
        every = [each for block in told for each in block]
        if self._errors and not any(each.told for each in every):
            raise self._errors[0]
        self._dropped += sum(each.told.dropped for each in every if each.told)
        blocks = [
            self._block(plain, each) for plain, each in zip(blocks_of(self._spoken, sentences), told, strict=True)
        ]
        return self._summary(blocks, every)

    def _tell(self, part: Part) -> Told | None:
        """None when the model fails, refuses, or writes nothing that holds."""
        prompt = part_prompt(self._plain.kind, self._spoken.language, part.sentences)
        completion = self._ask(prompt)
        reply = read(PartReply, completion) if completion else None
        if reply is None:
            return None
        told = borne_out(part, reply, self._verifier, self._names)
        return told if told.points else None

    # ------------------------------------------------------------------------------------------ blocks
    def _block(self, plain: TimeBlock, asked: Sequence[_Asked]) -> TimeBlock:
        title, points = self._merged([each.told for each in asked if each.told])
        if not points:
            return plain
        return plain.model_copy(
            update={
                "title": title or plain.title,
                "points": tuple(each.text for each in points),
                "quotes": tuple(each.quote for each in points),
                "engine": self._model.name,
            }
        )

    def _merged(self, told: Sequence[Told]) -> tuple[str, list[Source]]:
        """Of a block that took several parts the gist of all of them."""
        points = [Source(text, quote) for each in told for text, quote in each.points]
        titles = [each.title for each in told if each.title]
        if len(told) > 1 and len(points) > MOST_POINTS:
            gist = self._condensed(points)
            if gist is not None:
                return gist
        return (titles[0] if titles else ""), points[:MOST_POINTS]

    def _condensed(self, points: Sequence[Source]) -> tuple[str, list[Source]] | None:
        gist = condensed(points, self._gist, self._part_chars)
        if gist is None:
            return None
        clean = [each for each in gist.sentences if is_clean(each.text, self._verifier)]
        self._dropped += gist.dropped + len(gist.sentences) - len(clean)
        title = gist.title if is_clean(gist.title, self._verifier) else ""
        return (title, clean) if clean else None

    def _gist(self, points: Sequence[str]) -> WholeReply | None:
        completion = self._ask(whole_prompt(self._plain.kind, self._spoken.language, points))
        return read(WholeReply, completion) if completion else None

    # ------------------------------------------------------------------------------------------- whole
    def _summary(self, blocks: Sequence[TimeBlock], every: Sequence[_Asked]) -> Summary:
        missing = sum(each.told is None for each in every)
        if missing == len(every):
            return self._plain.model_copy(update={"notes": (*self._plain.notes, _UNUSABLE), "usage": self._usage()})
        overview = self._overview(blocks)
        note = (_QUOTED_PARTS.format(some=missing, all=len(every)),) if missing else ()
        return self._plain.model_copy(
            update={
                "summary": " ".join(each.text for each in overview),
                "overview": overview,
                "time_blocks": tuple(blocks),
                "action_items": tuple(self._actions(every)),
                "chapters": chapters_of(tuple(blocks), self._spoken.duration),
                "engine": self._model.name,
                "dropped": self._dropped,
                "usage": self._usage(),
                "notes": (*self._plain.notes, *note),
            }
        )

    def _overview(self, blocks: Sequence[TimeBlock]) -> tuple[Statement, ...]:
        written = [each for each in blocks if each.engine != EXTRACTIVE]
        points = [Source(text, quote) for each in written for text, quote in zip(each.points, each.quotes, strict=True)]
        gist = self._condensed(points)
        if gist is None:
            return self._plain.overview
        return tuple(Statement(text=each.text, start=each.quote.start) for each in gist[1])

    def _actions(self, every: Sequence[_Asked]) -> list[ActionItem]:
        """What the model found; of parts that it did not tell, what phrases tell."""
        found = [item for each in every if each.told for item in each.told.actions]
        untold = [each.part for each in every if each.told is None]
        found += [
            item
            for item in self._plain.action_items
            if any(part.start <= item.quote.start <= part.end for part in untold)
        ]
        return sorted(found, key=lambda item: item.quote.start)

    # --------------------------------------------------------------------------------------- the model
    def _ask(self, prompt: Prompt) -> Completion | None:
        seconds = min(_CALL_SECONDS, self._left())
        try:
            if seconds < _LEAST_SECONDS:
                raise Unavailable("no_time_left", "There was no time left to ask the language model.")
            completion = self._model.complete(prompt, seconds=seconds)
        except PipelineError as error:
            logger.warning("the model can't be asked", extra={"prompt": prompt.name, "reason": error.code})
            self._errors.append(error)
            return None
        self._usages.append(completion.usage)
        return completion

    def _usage(self) -> Usage | None:
        total: Usage | None = None
        for each in self._usages:
            total = each.plus(total)
        return total

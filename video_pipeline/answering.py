"""Has the passages that a question is about turned into an answer with citations.

A passage whose video was erased in between is dropped without a word.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from video_pipeline.conversing import Conversing, Understood
from video_pipeline.errors import BadQuestion
from video_pipeline.model import Answer, Chunk, Citation, Claim, Question, Result, SearchFilter, Video
from video_pipeline.moments import moments
from video_pipeline.ports import AloudAnswerer, Answerer, Chunks, Embedder, OpenIndex, Tell, Videos
from video_pipeline.retrieval.searching import Found, Retrieval
from video_pipeline.topology import LIMITS
from video_pipeline.unsaid import language_of, unsaid

# An answer may need passages beyond the few that the asker wants to see.
_TO_ANSWER_FROM: Final = 8
_MOST_FILTERS: Final = 200
_LABEL_CHARS: Final = 200


@dataclass(frozen=True)
class Findings:
    """What was found for a question: `results` to show, `passages` to answer from."""

    question: Question
    understood: Understood
    opened: OpenIndex
    results: tuple[Result, ...]
    passages: tuple[tuple[Chunk, Video], ...]
    owner: str | None

    @property
    def conversation_id(self) -> UUID | None:
        return self.question.conversation_id


class Answering:
    def __init__(
        self,
        chunks: Chunks,
        videos: Videos,
        serving: Callable[[], OpenIndex],
        answerer: Callable[[Embedder], Answerer],
        *,
        public_url: str,
        conversing: Conversing | None = None,
    ) -> None:
        """`public_url` is where people reach this installation; links to a moment begin with it."""
        self._chunks = chunks
        self._retrieval = Retrieval(chunks)
        self._videos = videos
        self._serving = serving
        self._answerer = answerer
        self._link = moments(public_url)
        self._conversing = conversing

    def ask(self, question: Question, *, owner: str | None = None) -> Answer:
        """The best passages and what they answer. Raises `BadQuestion` for what can't be asked.

        A result's score (0..1) says how sure it is that this was asked for. Nothing found is an answer without text, no
        error; so is a question that wants passages alone. With an `owner` the question is a turn of a conversation of
        theirs, of a new one if it names none.
        """
        return self.answer(self.find(question, owner=owner))

    def find(self, question: Question, *, owner: str | None = None) -> Findings:
        """The first half of asking: what the question means, and what fits it."""
        question = checked(question)
        if owner is not None and self._conversing is not None and question.answer:
            question = question.model_copy(update={"conversation_id": question.conversation_id or uuid4()})
        understood = self._understood(question, owner)
        opened = self._serving()
        wanted = question.model_copy(update={"query": understood.query})
        found = self._results(self._retrieval.find(opened, wanted, most=max(question.top_k, _TO_ANSWER_FROM)))
        passages = [(result.chunk, result.video) for result in found]
        passages += self._again(understood.chunk_ids, question.filter, {chunk.id for chunk, _ in passages})
        return Findings(question, understood, opened, tuple(found[: question.top_k]), tuple(passages), owner)

    def answer(self, found: Findings, *, tell: Tell | None = None) -> Answer:
        """The second half: the answer, from what was found.

        `tell` is given claims while others are still being made, if the answerer can do that.
        """
        asked, query = found.question.query, found.understood.query
        answer = self._answered(found, tell)
        answer = answer.model_copy(
            update={
                "query": asked,
                "understood": None if query == asked else query,
                "results": found.results,
                "citations": tuple(self._linked(citation) for citation in answer.citations),
                "unsaid": _unsaid(answer, found.question),
                "usage": found.understood.usage.plus(answer.usage) if found.understood.usage else answer.usage,
                "conversation_id": found.conversation_id,
            }
        )
        self._remember(answer, found)
        return answer

    def _answered(self, found: Findings, tell: Tell | None) -> Answer:
        if not found.question.answer:
            return Answer(query=found.question.query, results=(), text=None, engine="none")
        answerer = self._answerer(found.opened.embedder)
        question = found.question.model_copy(update={"query": found.understood.query})
        if tell is None or not isinstance(answerer, AloudAnswerer):
            return answerer.answer(question, found.passages)

        def linked(claim: Claim, citations: Sequence[Citation]) -> None:
            tell(claim, [self._linked(citation) for citation in citations])

        return answerer.answer_aloud(question, found.passages, linked)

    def _understood(self, question: Question, owner: str | None) -> Understood:
        if self._conversing is None or owner is None or question.conversation_id is None:
            return Understood(question.query)
        return self._conversing.understand(question.query, question.conversation_id, owner)

    def _remember(self, answer: Answer, found: Findings) -> None:
        conversing, kept = self._conversing, found.question.answer
        if kept and conversing is not None and found.owner is not None and found.conversation_id is not None:
            conversing.remember(answer, found.conversation_id, found.owner)

    def _again(self, chunk_ids: Sequence[UUID], where: SearchFilter, known: Set[UUID]) -> Iterator[tuple[Chunk, Video]]:
        """Passages that the answer before was taken from, as far as the filter lets them."""
        wanted = [each for each in chunk_ids if each not in known]
        if not wanted or where != SearchFilter(video_ids=where.video_ids):
            return
        chunks = self._chunks.by_ids(wanted)
        videos = self._videos.by_ids({chunk.video_id for chunk in chunks.values()})
        for chunk in (chunks[each] for each in wanted if each in chunks):
            if chunk.video_id in videos and (not where.video_ids or chunk.video_id in where.video_ids):
                yield chunk, videos[chunk.video_id]

    def link(self, video_id: UUID, start: float) -> str:
        """Plays the video from the second in which `start` lies."""
        return self._link(video_id, start)

    def _results(self, found: Sequence[Found]) -> list[Result]:
        videos = self._videos.by_ids({each.chunk.video_id for each in found})
        return [self._result(each, videos[each.chunk.video_id]) for each in found if each.chunk.video_id in videos]

    def _result(self, found: Found, video: Video) -> Result:
        link = self.link(video.id, found.chunk.passage.start)
        return Result(chunk=found.chunk, score=found.score, video=video, link=link)

    def _linked(self, citation: Citation) -> Citation:
        return citation.model_copy(update={"link": self.link(citation.video_id, citation.start)})


def _unsaid(answer: Answer, question: Question) -> str | None:
    if answer.text is not None or not question.answer:
        return None
    return answer.unsaid or unsaid(language_of(question.query))


# --------------------------------------------------------------------------------- what can be asked
def checked(question: Question) -> Question:
    """The question without blanks around it. Raises `BadQuestion` with a reason code for what can't be asked."""
    query = question.query.strip()
    if not query:
        raise BadQuestion("question_empty", "The question is empty.", hint="Ask something in words.")
    if len(query) > LIMITS.question_chars:
        raise BadQuestion(
            "question_too_long",
            f"The question has {len(query):,} characters; at most {LIMITS.question_chars:,} are read.",
            hint="Ask it more briefly.",
        )
    if _unreadable(query):
        raise BadQuestion(
            "question_unreadable",
            "The question holds control characters or broken text.",
            hint="Send it as plain Unicode text.",
        )
    if not any(character.isalnum() for character in query):
        raise BadQuestion("question_empty", "The question has no word in it.", hint="Ask something in words.")
    if question.min_score is not None and not math.isfinite(question.min_score):
        raise BadQuestion("filter_impossible", "min_score is not a number.")
    _check_filter(question.filter)
    return question.model_copy(update={"query": query})


def _check_filter(where: SearchFilter) -> None:
    if len(where.video_ids) > _MOST_FILTERS or len(where.speakers) > _MOST_FILTERS:
        raise BadQuestion("filter_too_long", f"A filter may name at most {_MOST_FILTERS} videos or speakers.")
    if any(len(label) > _LABEL_CHARS or _unreadable(label) for label in where.speakers):
        raise BadQuestion("filter_unreadable", "A speaker's label is too long or holds control characters.")
    first, last = _day(where.date_from), _day(where.date_to)
    if first and last and first > last:
        raise BadQuestion(
            "date_range_impossible", f"The range ends on {last} before it begins on {first}.", hint="Swap the two days."
        )


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _no_day(text) from error
    if day.isoformat() != text:
        raise _no_day(text)
    return day


def _no_day(text: str) -> BadQuestion:
    return BadQuestion("date_impossible", f"There is no day {text[:40]!r}.", hint="Write days as YYYY-MM-DD.")


def _unreadable(text: str) -> bool:
    return any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\t\n\r" for each in text)

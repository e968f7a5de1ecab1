"""Finds the passages that a question is about, and has them turned into an answer with citations.

Meaning (vectors) and words (full text) are searched apart and their rankings fused by reciprocal rank. A passage
whose video was erased in between is dropped without a word.
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
from video_pipeline.model import Answer, Chunk, Citation, Claim, Hit, Question, Result, SearchFilter, Video
from video_pipeline.moments import moments
from video_pipeline.ports import AloudAnswerer, Answerer, Chunks, Embedder, OpenIndex, Tell, Videos
from video_pipeline.topology import LIMITS
from video_pipeline.unsaid import language_of, unsaid

# The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): how slowly lower ranks lose weight.
_RANK_CONSTANT: Final = 60
_RANKINGS: Final = 2
# How deep each ranking is looked at: a passage on neither list's first pages is not worth showing.
_DEPTH: Final = 50
# Read beyond what is asked for, since some may belong to a video that is gone.
_SPARE: Final = 10
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
        self._videos = videos
        self._serving = serving
        self._answerer = answerer
        self._link = moments(public_url)
        self._conversing = conversing

    def ask(self, question: Question, *, owner: str | None = None) -> Answer:
        """The best passages and what they answer. Raises `BadQuestion` for what can't be asked.

        A result's score is its share of the best possible rank: 1 is first both by meaning and by words. It orders
        results of one question and is no measure of truth. Nothing found is an answer without text, no error.
        With an `owner` the question is a turn of a conversation of theirs, of a new one if it names none.
        """
        return self.answer(self.find(question, owner=owner))

    def find(self, question: Question, *, owner: str | None = None) -> Findings:
        """The first half of asking: what the question means, and what fits it."""
        question = checked(question)
        if owner is not None and self._conversing is not None:
            question = question.model_copy(update={"conversation_id": question.conversation_id or uuid4()})
        understood = self._understood(question, owner)
        opened = self._serving()
        found = self._search(opened, question.model_copy(update={"query": understood.query}))
        passages = [(result.chunk, result.video) for result in found[: max(question.top_k, _TO_ANSWER_FROM)]]
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
                "unsaid": None if answer.text else answer.unsaid or unsaid(language_of(asked)),
                "usage": found.understood.usage.plus(answer.usage) if found.understood.usage else answer.usage,
                "conversation_id": found.conversation_id,
            }
        )
        self._remember(answer, found)
        return answer

    def _answered(self, found: Findings, tell: Tell | None) -> Answer:
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
        if self._conversing is not None and found.owner is not None and found.conversation_id is not None:
            self._conversing.remember(answer, found.conversation_id, found.owner)

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

    def _search(self, opened: OpenIndex, question: Question) -> list[Result]:
        depth = max(_DEPTH, question.top_k)
        (vector,) = opened.embedder.embed([question.query])
        dense = opened.vectors.query(vector, limit=depth, where=question.filter)
        lexical = self._chunks.search_text(question.query, limit=depth, where=question.filter)
        hits = [hit for hit in fuse(dense, lexical) if question.min_score is None or hit.score >= question.min_score]
        return self._resolve(hits[: max(question.top_k, _TO_ANSWER_FROM) + _SPARE])

    def _resolve(self, hits: Sequence[Hit]) -> list[Result]:
        if not hits:
            return []
        chunks = self._chunks.by_ids([hit.chunk_id for hit in hits])
        videos = self._videos.by_ids({chunk.video_id for chunk in chunks.values()})
        pairs = [(hit, chunks[hit.chunk_id]) for hit in hits if hit.chunk_id in chunks]
        return [self._result(chunk, videos[chunk.video_id], hit) for hit, chunk in pairs if chunk.video_id in videos]

    def _result(self, chunk: Chunk, video: Video, hit: Hit) -> Result:
        return Result(chunk=chunk, score=hit.score, video=video, link=self.link(video.id, chunk.passage.start))

    def _linked(self, citation: Citation) -> Citation:
        return citation.model_copy(update={"link": self.link(citation.video_id, citation.start)})


def fuse(*rankings: Sequence[Hit]) -> list[Hit]:
    """One ranking out of several by reciprocal rank, scores in 0..1; equal scores keep the order of the first lists."""
    scores: dict[UUID, float] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.chunk_id] = scores.get(hit.chunk_id, 0.0) + (_RANK_CONSTANT + 1) / (_RANK_CONSTANT + rank)
    best_first = sorted(scores, key=lambda chunk_id: -scores[chunk_id])
    return [Hit(chunk_id=each, score=round(scores[each] / max(len(rankings), _RANKINGS), 4)) for each in best_first]


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

"""Has the passages that a question is about turned into an answer with citations.

A passage whose video was erased in between is dropped without a word.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from video_pipeline.errors import BadQuestion
from video_pipeline.model import Answer, Citation, Question, Result, SearchFilter, Video
from video_pipeline.ports import Answerer, Chunks, Embedder, OpenIndex, Videos
from video_pipeline.retrieval.searching import Found, Retrieval
from video_pipeline.topology import LIMITS

# An answer may need passages beyond the few that the asker wants to see.
_TO_ANSWER_FROM: Final = 8
_MOST_FILTERS: Final = 200
_LABEL_CHARS: Final = 200


class Answering:
    def __init__(
        self,
        chunks: Chunks,
        videos: Videos,
        serving: Callable[[], OpenIndex],
        answerer: Callable[[Embedder], Answerer],
        *,
        public_url: str,
    ) -> None:
        """`public_url` is where people reach this installation; links to a moment begin with it."""
        self._retrieval = Retrieval(chunks)
        self._videos = videos
        self._serving = serving
        self._answerer = answerer
        self._public_url = public_url.rstrip("/")

    def ask(self, question: Question) -> Answer:
        """The best passages and what they answer. Raises `BadQuestion` for what can't be asked.

        A result's score (0..1) says how sure it is that this was asked for. Nothing found is an answer without text, no
        error; so is a question that wants passages alone.
        """
        question = checked(question)
        opened = self._serving()
        found = self._results(self._retrieval.find(opened, question, most=max(question.top_k, _TO_ANSWER_FROM)))
        answer = self._answer(opened, question, found)
        return answer.model_copy(
            update={
                "query": question.query,
                "results": tuple(found[: question.top_k]),
                "citations": tuple(self._linked(citation) for citation in answer.citations),
            }
        )

    def _answer(self, opened: OpenIndex, question: Question, found: Sequence[Result]) -> Answer:
        if not question.answer:
            return Answer(query=question.query, results=(), text=None, engine="none")
        passages = [(result.chunk, result.video) for result in found]
        return self._answerer(opened.embedder).answer(question, passages)

    def link(self, video_id: UUID, start: float) -> str:
        """Plays the video from the second in which `start` lies."""
        return f"{self._public_url}/videos/{video_id}?t={math.floor(start)}"

    def _results(self, found: Sequence[Found]) -> list[Result]:
        videos = self._videos.by_ids({each.chunk.video_id for each in found})
        return [self._result(each, videos[each.chunk.video_id]) for each in found if each.chunk.video_id in videos]

    def _result(self, found: Found, video: Video) -> Result:
        link = self.link(video.id, found.chunk.passage.start)
        return Result(chunk=found.chunk, score=found.score, video=video, link=link)

    def _linked(self, citation: Citation) -> Citation:
        return citation.model_copy(update={"link": self.link(citation.video_id, citation.start)})


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

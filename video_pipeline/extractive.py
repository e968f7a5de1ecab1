"""Answers in the videos' own words: the sentences that fit a question best, quoted and cited. No language model.

A sentence fits by what it means (embeddings) and by the question's words that it holds, the rare ones counting most.
Below a floor nothing is said at all: that the videos don't say it is an answer too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

from video_pipeline.model import Answer, Chunk, Citation, Claim, Question, Video
from video_pipeline.ports import Embedder
from video_pipeline.quoting import Quote, quotes
from video_pipeline.retrieval.clauses import clauses
from video_pipeline.terms import terms

ENGINE: Final = "extractive"
LOW: Final = "(from a low-quality transcript)"
# What answering costs, nearly all of it. Twice as many gave the same first quote to each of 104 questions.
_MOST_EMBEDDED: Final = 16
# Weights and floor were set on meetings of QMSum's validation split with the bundled model: the best sentence for a
# question about the meeting reaches 0.33 to 0.74, for one about something else altogether at most 0.24.
_MEANING: Final = 0.65
_FLOOR: Final = 0.34
_BESIDE_BEST: Final = 0.75
"""A sentence is quoted beside the best one only if it fits this much as well."""
_ASKED: Final = 0.85
"""A question fits a question well and answers it seldom."""
_QUESTION_MARKS: Final = ("?", "？", "؟", "?”", '?"')
_UNSHARED: Final = 0.85
"""Without one word in common, meaning alone has to speak louder: texts in one language are all a little alike."""


@dataclass(frozen=True)
class _Candidate:
    quote: Quote
    chunk: Chunk
    video: Video
    terms: frozenset[str]

    @property
    def asks(self) -> bool:
        return self.quote.text.endswith(_QUESTION_MARKS)


class ExtractiveAnswerer:
    """`ports.Answerer` that only quotes. Links are left to whoever knows where people reach the videos."""

    def __init__(self, embedder: Embedder, *, floor: float = _FLOOR, most: int = 3) -> None:
        """`floor`: how well, 0..1, a sentence must fit to be quoted; `most`: how many are quoted."""
        self._embedder = embedder
        self._floor = floor
        self._most = most

    def answer(self, question: Question, passages: Sequence[tuple[Chunk, Video]]) -> Answer:
        chosen = self._quoted(clauses(question.query), list(_candidates(passages)))
        citations = tuple(
            cite(number, each.quote, each.chunk, each.video) for number, each in enumerate(chosen, start=1)
        )
        return Answer(
            query=question.query,
            results=(),
            text=" ".join(map(_marked, citations)) or None,
            claims=tuple(Claim(text=each.quote, citations=(each.number,)) for each in citations),
            citations=citations,
            engine=ENGINE,
        )

    def _quoted(self, asked: Sequence[str], candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """The best for each thing asked; nothing is quoted twice."""
        if not candidates:
            return []
        most = math.ceil(self._most / len(asked))
        found = {id(each): each for query in asked for each in self._chosen(query, candidates)[:most]}
        return list(found.values())

    def _chosen(self, query: str, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        by_words = _coverage(terms(query), candidates)
        likeliest = sorted(range(len(candidates)), key=lambda index: -by_words[index])[:_MOST_EMBEDDED]
        meaning = self._similarities(query, [candidates[index].quote.text for index in likeliest])
        fit = {
            index: _fit(candidates[index], similarity, by_words[index])
            for index, similarity in zip(likeliest, meaning, strict=True)
        }
        return self._best(candidates, fit)

    def _similarities(self, query: str, texts: Sequence[str]) -> list[float]:
        asked, *said = self._embedder.embed([query, *texts])
        return [sum(map(mul, asked, each)) for each in said]

    def _best(self, candidates: Sequence[_Candidate], fit: dict[int, float]) -> list[_Candidate]:
        """Best first, a question followed by what was said to it; what says the same words again is passed over."""
        floor = max(self._floor, _BESIDE_BEST * max(fit.values()))
        chosen: dict[frozenset[str], _Candidate] = {}
        for index in sorted(fit, key=lambda index: -fit[index]):
            if fit[index] >= floor:
                for each in _with_reply(candidates, index):
                    chosen.setdefault(each.terms, each)
        return list(chosen.values())


def _with_reply(candidates: Sequence[_Candidate], index: int) -> Sequence[_Candidate]:
    asked, following = candidates[index], candidates[index + 1 : index + 2]
    return [asked, *(each for each in following if asked.asks and each.chunk is asked.chunk)]


def _candidates(passages: Iterable[tuple[Chunk, Video]]) -> Iterator[_Candidate]:
    for chunk, video in passages:
        for quote in quotes(chunk.passage):
            if found := terms(quote.text):
                yield _Candidate(quote, chunk, video, frozenset(found))


def _coverage(wanted: set[str], candidates: Sequence[_Candidate]) -> list[float]:
    """For each candidate how much of what is `wanted` it holds, 0..1, a term weighing more the rarer it is in them."""
    holding = Counter(term for candidate in candidates for term in candidate.terms & wanted)
    weights = {term: math.log(1 + (len(candidates) + 0.5) / (holding[term] + 0.5)) for term in wanted}
    total = sum(weights.values()) or 1.0
    return [sum(weights[term] for term in candidate.terms & wanted) / total for candidate in candidates]


def _fit(candidate: _Candidate, similarity: float, coverage: float) -> float:
    fit = _MEANING * max(similarity, 0.0) + (1 - _MEANING) * coverage
    fit *= _ASKED if candidate.asks else 1
    return fit if coverage else fit * _UNSHARED


def cite(number: int, quote: Quote, chunk: Chunk, video: Video) -> Citation:
    """The link is left to whoever knows where people reach the videos."""
    return Citation(
        number=number,
        video_id=video.id,
        title=video.title,
        chunk_id=chunk.id,
        quote=quote.text,
        start=quote.start,
        end=max(quote.start, quote.end),
        speaker=quote.speaker,
        quality=chunk.quality,
        link="",
    )


def _marked(citation: Citation) -> str:
    said = f"“{citation.quote}” [{citation.number}]"
    return f"{said} {LOW}" if citation.quality == "low" else said

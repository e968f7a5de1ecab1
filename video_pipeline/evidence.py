"""Which claims of a language model the passages bear out.

A claim stays if its quote is found in a passage, it is about what the passage or the question is about, and it leads to
no address that its quote does not hold. Its text is made plain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from video_pipeline.extractive import cite
from video_pipeline.model import Chunk, Citation, Claim, Question, Video
from video_pipeline.plaintext import foreign_addresses, plain
from video_pipeline.quoting import Quote
from video_pipeline.terms import terms
from video_pipeline.unsaid import language_of
from video_pipeline.verifying import find

Passages = Sequence[tuple[Chunk, Video]]
_CLAIM_CHARS: Final = 600
_NUMBER: Final = re.compile(r"\d+(?:[.,'’]\d+)*")
_Sentence = Annotated[str, StringConstraints(max_length=4_000)]


class Claimed(BaseModel):
    """What a model claims, the quote that is to bear it out, and the number of the passage that it names."""

    text: _Sentence
    quote: _Sentence
    passage: int = 0


class _Found(NamedTuple):
    quote: Quote
    chunk: Chunk
    video: Video


class Evidence:
    """The claims that stay, their citations, numbered, and how many don't stay."""

    def __init__(self, question: Question, passages: Passages) -> None:
        self._question = question
        self._passages = passages
        self._claims: dict[str, Claim] = {}
        self._citations: dict[tuple[UUID, int, int], Citation] = {}
        self.dropped = 0

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(self._claims.values())

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def add(self, claimed: Claimed) -> Claim | None:
        """The claim as it is shown; None if it does not stay, or says what another said."""
        text = plain(claimed.text, most=_CLAIM_CHARS)
        found = _found(claimed, self._passages)
        if found is None or not _about(text, claimed, found, self._question):
            self.dropped += 1
            return None
        if text in self._claims:
            return None
        quote, chunk, video = found
        place = (chunk.id, quote.first, quote.last)
        cited = self._citations.setdefault(place, cite(len(self._citations) + 1, quote, chunk, video))
        claim = self._claims[text] = Claim(text=text, citations=(cited.number,))
        return claim


def _found(claimed: Claimed, passages: Passages) -> _Found | None:
    """Where the quote stands, first looked for where the model says; it may have miscounted."""
    named = passages[claimed.passage - 1 : claimed.passage] if claimed.passage > 0 else []
    for chunk, video in (*named, *passages):
        quote = find(chunk.passage, claimed.quote)
        if quote is not None:
            return _Found(quote, chunk, video)
    return None


def _about(text: str, claimed: Claimed, found: _Found, question: Question) -> bool:
    """Whether a claim keeps to what it quotes: its subject, its numbers, its addresses.

    A model that was talked into saying something quite different may quote correctly.
    """
    said, asked = found.chunk.passage.text, question.query
    if not any(each.isalnum() for each in text) or foreign_addresses(claimed.text, (found.quote.text, asked)):
        return False
    if not _numbers(text) <= _numbers(said) | _numbers(asked) and _numbers(said):
        # Where no number is written in digits, as some recognisers have it, nothing can be compared.
        return False
    return _translated(text, said, asked) or not terms(text).isdisjoint(terms(said) | terms(asked))


def _numbers(text: str) -> set[str]:
    return {_pointed(found) for found in _NUMBER.findall(unicodedata.normalize("NFKC", text))}


def _pointed(number: str) -> str:
    """1,000.5 and 1.000,5 alike; three digits after a mark are thousands."""
    *before, last = re.split(r"\D", number)
    return "".join(before) + ("" if len(last) == 3 or not before else ".") + last


def _translated(text: str, said: str, asked: str) -> bool:
    """Whether the question is in another language than what was said, and the claim in the question's: then words
    tell nothing."""
    language, spoken = language_of(asked), language_of(said)
    return None not in (language, spoken) and language != spoken and language_of(text) in (None, language)

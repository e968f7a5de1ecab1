"""From a question to passages on a real PostgreSQL, alike with pgvector and with Pinecone's interface."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from tests import indexes
from tests.functional.pinecone_double import API_KEY, serving
from tests.functional.spoken import SpokenArchive
from video_pipeline.database import Database
from video_pipeline.model import Question, SearchFilter, VectorItem
from video_pipeline.ports import VectorIndex
from video_pipeline.retrieval import searching
from video_pipeline.retrieval.searching import Retrieval
from video_pipeline.store.leases import Policy
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.model import primary_tag
from video_pipeline.vectors.pgvector import PgVectorIndex
from video_pipeline.vectors.pinecone import PineconeIndex

THEMES = {
    "money": ("budget", "money", "cash"),
    "place": ("office", "lisbon", "desk"),
    "food": ("lunch", "noon", "soup"),
}


class Themes:
    """A model that knows three themes, and everything else as a fourth."""

    model = "themes"
    dimensions = 4

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self._vector(text.lower()) for text in texts]

    def _vector(self, text: str) -> tuple[float, ...]:
        numbers = [float(sum(text.count(word) for word in words)) for words in THEMES] + [0.5]
        length = math.hypot(*numbers)
        return tuple(number / length for number in numbers)


@pytest.fixture(params=["pgvector", "pinecone"])
def vectors(request: pytest.FixtureRequest, database: Database) -> Iterator[VectorIndex]:
    if request.param == "pgvector":
        yield PgVectorIndex(database, space="a", dimensions=4)
        return
    with serving() as double:
        yield PineconeIndex(lambda: API_KEY, index="passages", space="a", dimensions=4, controller=double.url)


class World:
    def __init__(self, database: Database, vectors: VectorIndex) -> None:
        self.ledger = PostgresLedger(database, Policy())
        self.archive = SpokenArchive(database, self.ledger)
        self.opened = indexes.opened(Themes(), vectors)

    def add(self, *texts: str, speaker: str = "Ann", language: str = "en", day: str = "2026-05-04") -> UUID:
        video_id = self.archive.add(texts, speaker=speaker, language=language, day=day)
        chunks = self.ledger.chunks.of_video(video_id)
        directions = Themes().embed([chunk.passage.text for chunk in chunks])
        self.opened.vectors.upsert(
            [
                VectorItem(
                    chunk_id=chunk.id,
                    video_id=video_id,
                    position=chunk.passage.position,
                    start=chunk.passage.start,
                    end=chunk.passage.end,
                    speakers=chunk.passage.speakers,
                    date=day,
                    language=primary_tag(language),
                    vector=vector,
                )
                for chunk, vector in zip(chunks, directions, strict=True)
            ]
        )
        return video_id

    def find(self, query: str, *, most: int = 3, **where: Any) -> list[tuple[UUID, str]]:
        question = Question(query=query, filter=SearchFilter(**where))
        found = Retrieval(self.ledger.chunks).find(self.opened, question, most=most)
        return [(each.chunk.video_id, each.chunk.passage.text) for each in found]


@pytest.fixture
def world(database: Database, vectors: VectorIndex) -> World:
    return World(database, vectors)


@pytest.fixture(params=["every passage", "some videos"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is found does not depend on how large the archive is."""
    if request.param == "some videos":
        monkeypatch.setattr(searching, "_PASSAGES", 4)
    return str(request.param)


def test_what_was_said_and_what_was_meant_are_found(world: World, way: str) -> None:
    said = world.add("The budgets were growing in spring.", "We talk of nothing in particular here.")
    meant = world.add("There is no cash left for anything.", "We talk of nothing in particular here.")
    for _ in range(4):
        world.add("Soup for lunch at noon.", "We talk of nothing in particular here.")
    found = world.find("What did they decide about the budget?", most=4)
    assert list(dict.fromkeys(video for video, _ in found))[:2] == [said, meant]


def test_filters_hold_whatever_the_way(world: World, way: str) -> None:
    ann = world.add("The budget grows.", speaker="Ann", language="en-GB", day="2026-01-31")
    bob = world.add("The budget shrinks.", speaker="Bob", language="de", day="2026-02-01")
    for _ in range(4):
        world.add("The budget stays as it is.", speaker="Eve", language="fr", day="2026-03-01")
    for where, expected in (
        ({"video_ids": (bob,)}, {bob}),
        ({"speakers": ("Ann",)}, {ann}),
        ({"language": "de"}, {bob}),
        ({"date_to": "2026-02-01"}, {ann, bob}),
        ({"date_from": "2026-02-01", "date_to": "2026-02-01"}, {bob}),
        ({"speakers": ("Ann",), "language": "de"}, set()),
        ({"date_from": "2030-01-01"}, set()),
    ):
        assert {video for video, _ in world.find("budget", most=10, **where)} == expected, where


def test_a_question_in_words_that_nobody_said_is_no_error(world: World, way: str) -> None:
    world.add("The budget grows.", "Nothing of note.")
    for query in ("zzz qqq", "予算は？", "of the and", "drop table; -- ' \" \\ & | ! :*"):
        assert len(world.find(query)) <= 3


def test_vectors_of_passages_that_are_gone_find_nothing(world: World, way: str) -> None:
    gone = world.add("The budget grows.")
    kept = world.add("The budget shrinks.")
    world.ledger.videos.begin_erasure(gone, "ann")
    assert {video for video, _ in world.find("budget")} == {kept}

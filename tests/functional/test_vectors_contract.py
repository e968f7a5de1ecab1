"""What ports.VectorIndex promises, kept alike by pgvector on PostgreSQL and by Pinecone's interface."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.functional.pinecone_double import API_KEY, serving
from video_pipeline.database import Database
from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.model import NAMESPACE, SearchFilter, VectorItem
from video_pipeline.ports import VectorIndex
from video_pipeline.vectors.pgvector import PgVectorIndex
from video_pipeline.vectors.pinecone import PineconeIndex

ANYTHING = SearchFilter()
FILM, TALK = uuid5(NAMESPACE, "film"), uuid5(NAMESPACE, "talk")

Open = Callable[..., VectorIndex]


@pytest.fixture(scope="module")
def shared(postgres: str, template: str) -> Iterator[Database]:
    """One database for all tests here, since only one table of it is used."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database vectors_contract template template_ledger")
    database = Database(make_conninfo(postgres, dbname="vectors_contract"))
    yield database
    database.close()


@pytest.fixture(params=["pgvector", "pinecone"])
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens indexes of one empty store, by default for three-dimensional vectors of one model."""
    if request.param == "pgvector":
        database: Database = request.getfixturevalue("shared")
        with database.transaction() as connection:
            connection.execute("truncate embeddings")
        yield lambda space="model-a", dimensions=3: PgVectorIndex(database, space=space, dimensions=dimensions)
        return
    with serving() as double:
        yield lambda space="model-a", dimensions=3: PineconeIndex(
            lambda: API_KEY, index="passages", space=space, dimensions=dimensions, controller=double.url
        )


@pytest.fixture
def index(opened: Open) -> VectorIndex:
    return opened()


def item(name: str, vector: tuple[float, ...], **changes: Any) -> VectorItem:
    values: dict[str, Any] = {
        "chunk_id": chunk(name),
        "video_id": FILM,
        "position": 0,
        "start": 1.5,
        "end": 9.25,
        "speakers": (),
        "date": "2026-01-31",
        "vector": vector,
    }
    return VectorItem(**{**values, **changes})


def chunk(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def names(index: VectorIndex, *known: str, where: SearchFilter = ANYTHING) -> list[str]:
    """Which of the known passages come back for the direction (1, 0, 0), best first."""
    by_id = {chunk(name): name for name in known}
    return [by_id[hit.chunk_id] for hit in index.query((1.0, 0.0, 0.0), limit=10, where=where)]


def test_the_nearest_come_first_with_their_cosine_as_score(index: VectorIndex) -> None:
    index.upsert([item("opposite", (-1, 0, 0)), item("near", (0.8, 0.6, 0)), item("same", (1, 0, 0))])
    hits = index.query((1.0, 0.0, 0.0), limit=10, where=ANYTHING)
    assert [hit.chunk_id for hit in hits] == [chunk("same"), chunk("near"), chunk("opposite")]
    assert {hit.video_id for hit in hits} == {FILM}
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.8, -1.0], abs=1e-6)


def test_the_length_of_a_vector_does_not_matter(index: VectorIndex) -> None:
    index.upsert([item("long", (30, 40, 0)), item("short", (0.005, 0, 0))])
    hits = index.query((200.0, 0.0, 0.0), limit=10, where=ANYTHING)
    assert [(hit.chunk_id, round(hit.score, 6)) for hit in hits] == [(chunk("short"), 1.0), (chunk("long"), 0.6)]


def test_no_more_come_back_than_were_asked_for(index: VectorIndex) -> None:
    index.upsert([item(f"{n}", (1, n / 100, 0), position=n) for n in range(20)])
    hits = index.query((1.0, 0.0, 0.0), limit=3, where=ANYTHING)
    assert [hit.chunk_id for hit in hits] == [chunk("0"), chunk("1"), chunk("2")]


def test_an_empty_index_answers_with_nothing(index: VectorIndex) -> None:
    assert index.query((1.0, 0.0, 0.0), limit=5, where=ANYTHING) == []


def test_putting_in_nothing_is_no_error(index: VectorIndex) -> None:
    index.upsert([])
    assert index.query((1.0, 0.0, 0.0), limit=5, where=ANYTHING) == []


def test_a_passage_put_in_again_is_there_once_with_its_new_vector(index: VectorIndex) -> None:
    index.upsert([item("a", (0, 1, 0))])
    index.upsert([item("a", (1, 0, 0)), item("a", (0.6, 0.8, 0))])
    (hit,) = index.query((1.0, 0.0, 0.0), limit=5, where=ANYTHING)
    assert hit.score == pytest.approx(0.6)


def test_a_passage_put_in_again_is_found_by_its_new_filters_only(index: VectorIndex) -> None:
    index.upsert([item("a", (1, 0, 0), speakers=("Ann",), date="2026-01-01")])
    index.upsert([item("a", (1, 0, 0), speakers=("Bob",), date="2026-02-01")])
    assert names(index, "a", where=SearchFilter(speakers=("Ann",))) == []
    assert names(index, "a", where=SearchFilter(speakers=("Bob",), date_from="2026-02-01")) == ["a"]


def test_models_do_not_see_each_others_vectors(opened: Open) -> None:
    first, second = opened(space="model-a"), opened(space="model-b")
    first.upsert([item("a", (1, 0, 0))])
    second.upsert([item("b", (1, 0, 0))])
    assert names(first, "a", "b") == ["a"]
    assert names(second, "a", "b") == ["b"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (SearchFilter(video_ids=(FILM,)), ["ann", "both"]),
        (SearchFilter(video_ids=(TALK,)), ["nobody"]),
        (SearchFilter(video_ids=(FILM, TALK)), ["ann", "both", "nobody"]),
        (SearchFilter(video_ids=(chunk("unknown"),)), []),
        (SearchFilter(speakers=("Bob",)), ["both"]),
        (SearchFilter(speakers=("Bob", "Ann")), ["ann", "both"]),
        (SearchFilter(speakers=("ann",)), []),
        (SearchFilter(date_from="2026-01-31"), ["both", "nobody"]),
        (SearchFilter(date_to="2026-01-31"), ["ann", "both"]),
        (SearchFilter(date_from="2026-01-31", date_to="2026-01-31"), ["both"]),
        (SearchFilter(date_from="2026-02-01", date_to="2026-01-01"), []),
        (SearchFilter(speakers=("Ann",), video_ids=(FILM,), date_from="2026-01-30"), ["both"]),
        (SearchFilter(speakers=("Ann",), video_ids=(TALK,)), []),
        (SearchFilter(language="de"), ["nobody"]),
        (SearchFilter(language="en", speakers=("Bob",)), ["both"]),
        (SearchFilter(language="xx"), []),
    ],
)
def test_filters_hold_all_together(index: VectorIndex, where: SearchFilter, expected: list[str]) -> None:
    index.upsert(
        [
            item("ann", (1, 0, 0), speakers=("Ann",), date="2025-12-31"),
            item("both", (0.9, 0.1, 0), speakers=("Ann", "Bob"), date="2026-01-31", position=1, language="en"),
            item("nobody", (0.8, 0.2, 0), video_id=TALK, date="2026-02-01", language="de"),
        ]
    )
    assert names(index, "ann", "both", "nobody", where=where) == expected


def test_a_limit_counts_what_is_left_after_the_filter(index: VectorIndex) -> None:
    index.upsert([item(f"{n}", (1, n / 1000, 0), position=n) for n in range(50)])
    index.upsert([item("far", (0, 1, 0), video_id=TALK)])
    (hit,) = index.query((1.0, 0.0, 0.0), limit=1, where=SearchFilter(video_ids=(TALK,)))
    assert hit.chunk_id == chunk("far")


def test_deleting_a_video_takes_its_passages_and_no_others(index: VectorIndex) -> None:
    index.upsert([item("a", (1, 0, 0)), item("b", (1, 0, 0), position=1), item("c", (1, 0, 0), video_id=TALK)])
    assert index.delete_video(FILM) == 2
    assert names(index, "a", "b", "c") == ["c"]
    assert index.delete_video(FILM) == 0


def test_deleting_a_video_takes_what_other_models_made_of_it(opened: Open) -> None:
    old, new = opened(space="model-a"), opened(space="model-b")
    old.upsert([item("a", (1, 0, 0))])
    new.upsert([item("a", (1, 0, 0)), item("b", (1, 0, 0), position=1)])
    assert new.delete_video(FILM) == 3
    assert names(old, "a") == []


def test_a_video_may_be_taken_from_one_space_alone(opened: Open) -> None:
    old, new = opened(space="model-a"), opened(space="model-b")
    for index in (old, new):
        index.upsert([item("a", (1, 0, 0)), item("c", (1, 0, 0), video_id=TALK)])
    new.clear_video(FILM)
    assert names(new, "a", "c") == ["c"]
    assert names(old, "a", "c") == names(old, "c", "a")
    assert len(names(old, "a", "c")) == 2
    new.clear_video(FILM)


def test_a_space_may_go_with_all_that_is_in_it(opened: Open) -> None:
    old, new = opened(space="model-a"), opened(space="model-b")
    for index in (old, new):
        index.upsert([item("a", (1, 0, 0)), item("c", (1, 0, 0), video_id=TALK)])
    old.drop()
    assert names(old, "a", "c") == []
    assert len(names(new, "a", "c")) == 2
    old.drop()
    old.upsert([item("a", (1, 0, 0))])
    assert names(old, "a") == ["a"]


def test_a_video_may_have_more_passages_than_one_request_holds(index: VectorIndex) -> None:
    index.upsert([item(f"{n}", (1, n / 10_000, 0), position=n) for n in range(1203)])
    assert len(index.query((1.0, 0.0, 0.0), limit=2000, where=ANYTHING)) == 1203
    assert index.delete_video(FILM) == 1203
    assert index.query((1.0, 0.0, 0.0), limit=2000, where=ANYTHING) == []


def test_deleting_from_an_empty_index_is_no_error(index: VectorIndex) -> None:
    assert index.delete_video(FILM) == 0


def test_speakers_may_be_called_anything(index: VectorIndex) -> None:
    odd = ("O'Brien; drop table embeddings --", '{"$in": 1}', "名前", "😀" * 500, "a\0b", "\ud800", "")
    index.upsert([item(name, (1, 0, 0), speakers=(name,), position=n) for n, name in enumerate(odd[:4])])
    index.upsert([item(f"odd {n}", (1, 0, 0), speakers=(odd[n],), position=n) for n in range(4, 7)])
    for name in odd[:4]:
        assert names(index, *odd[:4], where=SearchFilter(speakers=(name,))) == [name]
    for n in range(4, 7):
        assert f"odd {n}" in names(index, "odd 4", "odd 5", "odd 6", where=SearchFilter(speakers=(odd[n],)))


def test_a_passage_with_a_thousand_long_speakers_is_taken_in(index: VectorIndex) -> None:
    index.upsert([item("crowd", (1, 0, 0), speakers=tuple(f"{n} {'名' * 300}" for n in range(1000)))])
    assert names(index, "crowd") == ["crowd"]


def test_vectors_of_real_size_keep_the_order_that_exact_arithmetic_gives(opened: Open) -> None:
    dice = random.Random(7)
    index = opened(dimensions=384)
    vectors = {f"{n}": tuple(dice.gauss(0, 1) for _ in range(384)) for n in range(60)}
    index.upsert([item(name, vector, position=n) for n, (name, vector) in enumerate(vectors.items())])
    query = tuple(dice.gauss(0, 1) for _ in range(384))
    exact = {chunk(name): _cosine(vector, query) for name, vector in vectors.items()}
    hits = index.query(query, limit=60, where=ANYTHING)
    assert [hit.chunk_id for hit in hits] == sorted(exact, key=lambda each: -exact[each])
    assert [hit.score for hit in hits] == pytest.approx(sorted(exact.values(), reverse=True), abs=1e-6)


def _cosine(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (math.hypot(*one) * math.hypot(*other))


@pytest.mark.parametrize("vector", [(1.0, 0.0), (1.0, 0.0, 0.0, 0.0), ()])
def test_a_vector_of_another_length_is_refused_with_a_sentence(index: VectorIndex, vector: tuple[float, ...]) -> None:
    with pytest.raises(Misconfigured, match=f"{len(vector)} numbers does not fit an index of 3") as putting:
        index.upsert([item("a", vector)])
    with pytest.raises(Misconfigured) as asking:
        index.query(vector, limit=1, where=ANYTHING)
    assert putting.value.code == asking.value.code == "vector_dimensions_differ"


@pytest.mark.parametrize("vector", [(0.0, 0.0, 0.0), (math.nan, 1.0, 0.0), (math.inf, 1.0, 0.0)])
def test_a_vector_that_points_nowhere_is_refused(index: VectorIndex, vector: tuple[float, ...]) -> None:
    with pytest.raises(BadInput) as putting:
        index.upsert([item("good", (1, 0, 0)), item("bad", vector, position=1)])
    with pytest.raises(BadInput) as asking:
        index.query(vector, limit=1, where=ANYTHING)
    assert putting.value.code == asking.value.code == "vector_unusable"
    assert names(index, "good") == []


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026-01-01'; drop table embeddings; --", "1" * 500])
def test_a_day_that_is_none_is_refused(index: VectorIndex, text: str) -> None:
    for where in (SearchFilter(date_from=text), SearchFilter(date_to=text)):
        with pytest.raises(BadInput) as asking:
            index.query((1.0, 0.0, 0.0), limit=1, where=where)
        assert asking.value.code == "day_unreadable"
    with pytest.raises(BadInput):
        index.upsert([item("a", (1, 0, 0), date=text)])

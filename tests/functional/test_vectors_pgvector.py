"""What is PostgreSQL's own in PgVectorIndex. What any index promises is in the contract's tests."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID, uuid5

import pytest

from video_pipeline.database import Database
from video_pipeline.errors import BadInput, Unavailable
from video_pipeline.model import NAMESPACE, SearchFilter, VectorItem
from video_pipeline.vectors.pgvector import SQL, PgVectorIndex

ANYTHING = SearchFilter()
FILM = uuid5(NAMESPACE, "film")


def item(number: int, vector: tuple[float, ...], **changes: Any) -> VectorItem:
    values: dict[str, Any] = {
        "chunk_id": UUID(int=number),
        "video_id": FILM,
        "position": number,
        "start": 1.5,
        "end": 9.25,
        "speakers": ("Ann",),
        "date": "2026-01-31",
        "vector": vector,
    }
    return VectorItem(**{**values, **changes})


@pytest.fixture
def index(database: Database) -> PgVectorIndex:
    return PgVectorIndex(database, space="model-a", dimensions=3)


def test_models_of_different_dimensions_share_the_table(database: Database, index: PgVectorIndex) -> None:
    wide = PgVectorIndex(database, space="model-b", dimensions=5)
    index.upsert([item(1, (1, 0, 0))])
    wide.upsert([item(1, (0, 0, 0, 0, 1))])
    assert [hit.score for hit in index.query((1, 0, 0), limit=5, where=ANYTHING)] == [1.0]
    assert [hit.score for hit in wide.query((0, 0, 0, 0, 1), limit=5, where=ANYTHING)] == [1.0]


def test_equals_come_in_order_of_their_ids(index: PgVectorIndex) -> None:
    index.upsert([item(number, (1, 0, 0)) for number in (3, 1, 2)])
    hits = index.query((1, 0, 0), limit=2, where=ANYTHING)
    assert [hit.chunk_id.int for hit in hits] == [1, 2]


def test_everything_is_stored_as_it_was_given(database: Database, index: PgVectorIndex) -> None:
    vector = (0.1234567, -9.876543e-5, 1.0)
    index.upsert([item(7, vector)])
    with database.transaction() as connection:
        row = connection.execute("select *, embedding::real[] as numbers from embeddings").fetchone()
    assert row is not None
    assert (row["space"], row["chunk_id"], row["video_id"], row["position"]) == ("model-a", UUID(int=7), FILM, 7)
    assert (row["start_seconds"], row["end_seconds"], row["speakers"]) == (1.5, 9.25, ["Ann"])
    assert row["day"].isoformat() == "2026-01-31"
    assert row["numbers"] == pytest.approx(vector, rel=1e-7)


def test_an_upsert_that_fails_leaves_nothing(index: PgVectorIndex) -> None:
    with pytest.raises(BadInput):
        index.upsert([item(1, (1, 0, 0)), item(2, (1, 0, 0), date="soon")])
    assert index.query((1, 0, 0), limit=5, where=ANYTHING) == []


def test_no_text_of_a_caller_becomes_sql(database: Database) -> None:
    odd = PgVectorIndex(database, space="'; drop table embeddings; --", dimensions=3)
    odd.upsert([item(1, (1, 0, 0), speakers=("%(model)s", "'; drop table embeddings; --"))])
    found = odd.query((1, 0, 0), limit=5, where=SearchFilter(speakers=("%(model)s",)))
    assert [hit.chunk_id.int for hit in found] == [1]


def test_a_database_that_is_not_there_is_unavailable() -> None:
    nowhere = Database("postgresql://127.0.0.1:1/nothing", wait=0.2)
    try:
        with pytest.raises(Unavailable) as raised:
            PgVectorIndex(nowhere, space="model-a", dimensions=3).query((1, 0, 0), limit=1, where=ANYTHING)
        assert raised.value.code == "database_unavailable"
    finally:
        nowhere.close()


def random_vectors(count: int, dimensions: int = 384) -> list[tuple[float, ...]]:
    numbers = random.Random(5)
    return [tuple(numbers.gauss(0, 1) for _ in range(dimensions)) for _ in range(count)]


def test_the_graph_of_a_large_archive_finds_nearly_all_of_the_nearest_of_its_own_space(database: Database) -> None:
    exact = PgVectorIndex(database, space="model-a", dimensions=384)
    by_graph = PgVectorIndex(database, space="model-a", dimensions=384, by_graph_from=-1)
    other = PgVectorIndex(database, space="model-b", dimensions=384)
    vectors = random_vectors(600)
    exact.upsert([item(number, vector) for number, vector in enumerate(vectors[:300])])
    other.upsert([item(number + 1000, vector) for number, vector in enumerate(vectors[300:])])
    near, nearest = (index.query(vectors[0], limit=50, where=ANYTHING) for index in (by_graph, exact))
    assert {hit.chunk_id for hit in near} <= {UUID(int=number) for number in range(300)}
    assert len({hit.chunk_id for hit in near} & {hit.chunk_id for hit in nearest}) >= 45
    assert [hit.score for hit in near] == sorted((hit.score for hit in near), reverse=True)
    assert near[0].score == pytest.approx(1.0)


@pytest.mark.parametrize(("statement", "dimensions"), [("near_narrow", 384), ("near_wide", 1536)])
def test_the_graph_fits_its_query(database: Database, statement: str, dimensions: int) -> None:
    with database.transaction() as connection:
        connection.execute("set local enable_seqscan = off")
        connection.execute("set local enable_sort = off")
        values = {"space": "a", "vector": str([1.0] * dimensions), "limit": 10}
        plan = connection.execute(f"explain {SQL[statement]}".encode(), values).fetchall()
    assert f"embeddings_near_{dimensions}" in str(plan)


def test_filters_hold_in_a_large_archive(database: Database) -> None:
    index = PgVectorIndex(database, space="model-a", dimensions=384, by_graph_from=-1)
    vectors = random_vectors(40)
    index.upsert([item(n, vector, speakers=("Ann" if n % 2 else "Bob",)) for n, vector in enumerate(vectors)])
    hits = index.query(vectors[0], limit=40, where=SearchFilter(speakers=("Bob",)))
    assert sorted(hit.chunk_id.int for hit in hits) == list(range(0, 40, 2))

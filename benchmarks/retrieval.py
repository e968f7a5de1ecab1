"""How well passages are found, beside LangChain's usual way with the same embedding model, on QMSum's meetings.

LangChain: `RecursiveCharacterTextSplitter` (1,000 characters, 200 overlap) over "Speaker: text" lines, vectors alone.
QMSum is not part of this project: name its folder in QMSUM. `make evaluate` does the same through the product's API.
"""

from __future__ import annotations

import argparse
import os
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np

from benchmarks.archive import SPEC, empty_archive, store
from benchmarks.table import print_table
from video_pipeline.database import Database
from video_pipeline.evaluation.judge import Figures, Judge, Passage
from video_pipeline.evaluation.qmsum import SECONDS_PER_WORD, Asked, Meeting, load
from video_pipeline.indexing import embed
from video_pipeline.language.minilm import DIMENSIONS, MiniLm
from video_pipeline.language.minilm_files import model_file
from video_pipeline.language.tokens import WordPieceCounter
from video_pipeline.model import Chunk, Question, SearchFilter
from video_pipeline.ports import OpenIndex
from video_pipeline.retrieval.searching import Retrieval
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.packing import pack
from video_pipeline.transcripts.read import read_transcript
from video_pipeline.vectors.pgvector import PgVectorIndex

RESULTS = 30
System = Callable[[Asked, bool], list[Passage]]
"""Passages for a question, best first; inside its meeting if the second is true, else over all."""


def langchain(meetings: dict[str, Meeting], model: MiniLm) -> System:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    passages: list[Passage] = []
    texts: list[str] = []
    for meeting in meetings.values():
        text, starts = _lines(meeting)
        for document in splitter.create_documents([text]):
            first = document.metadata["start_index"]
            words = (bisect_left(starts, first), bisect_left(starts, first + len(document.page_content)))
            if words[0] < words[1]:
                passages.append(Passage(meeting.name, words))
                texts.append(document.page_content)
    vectors = np.array(model.embed(texts))

    def find(asked: Asked, inside: bool) -> list[Passage]:
        near = np.argsort(-(vectors @ np.array(model.embed([asked.query])[0])), kind="stable")
        wanted = (passages[each] for each in near if not inside or passages[each].meeting == asked.meeting)
        return [passage for passage, _ in zip(wanted, range(RESULTS), strict=False)]

    return find


def _lines(meeting: Meeting) -> tuple[str, list[int]]:
    """The text, and where in it each word begins."""
    text, starts = "", []
    for turn in meeting.turns:
        text += f"{turn.speaker}: "
        at = len(text)
        for word in turn.text.split():
            starts.append(at)
            at += len(word) + 1
        text += f"{turn.text}\n"
    return text, starts


def product(meetings: dict[str, Meeting], model: MiniLm, database: Database) -> System:
    ledger = PostgresLedger(database)
    index = ledger.indexes.serving(SPEC)
    opened = OpenIndex(index, model, PgVectorIndex(database, space=index.space, dimensions=DIMENSIONS))
    counter = WordPieceCounter(model_file("tokenizer.json"))
    videos: dict[str, UUID] = {}
    for meeting in meetings.values():
        videos[meeting.name] = _take_in(meeting, opened, ledger, database, counter)
    names = {video_id: name for name, video_id in videos.items()}
    retrieval = Retrieval(ledger.chunks)

    def find(asked: Asked, inside: bool) -> list[Passage]:
        where = SearchFilter(video_ids=(videos[asked.meeting],) if inside else ())
        found = retrieval.find(opened, Question(query=asked.query, filter=where), most=RESULTS)
        return [_passage(names[each.chunk.video_id], each.chunk) for each in found]

    return find


def _take_in(
    meeting: Meeting, opened: OpenIndex, ledger: PostgresLedger, database: Database, counter: WordPieceCounter
) -> UUID:
    video_id = uuid4()
    transcript = read_transcript(meeting.transcript(), filename="meeting.json", source="import")
    spec = opened.index.spec
    cut = pack(transcript, counter.count, budget=spec.chunk_tokens, minimum=spec.chunk_minimum_tokens)
    chunks = [Chunk(id=uuid4(), video_id=video_id, passage=passage) for passage in cut]
    with database.transaction() as connection:
        store(connection, video_id, meeting.name, chunks, opened.index.id)
    embed(opened, ledger.videos.get(video_id), chunks)
    return video_id


def _passage(name: str, chunk: Chunk) -> Passage:
    first, last = (round(seconds / SECONDS_PER_WORD) for seconds in (chunk.passage.start, chunk.passage.end))
    return Passage(name, (first, max(last, first + 1)))


def figures(system: System, meetings: dict[str, Meeting], asked: Sequence[Asked], *, inside: bool) -> Figures:
    judge = Judge(meetings)
    return Figures.mean([judge.judge(each, system(each, inside)) for each in asked])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qmsum", type=Path, default=os.environ.get("QMSUM") or None, help="QMSum's folder")
    parser.add_argument("--split", default="val")
    given = parser.parse_args(arguments)
    if given.qmsum is None:
        print("Skipped: name QMSum's folder, as in `make bench QMSUM=DIR`.")
        return
    meetings, asked = load(Path(given.qmsum), given.split)
    model = MiniLm()
    with empty_archive() as database:
        systems = {"LangChain": langchain(meetings, model), "this": product(meetings, model, database)}
        rows = []
        for name, system in systems.items():
            inside, over_all = (figures(system, meetings, asked, inside=each) for each in (True, False))
            rows.append(
                (name, *(f"{each:.3f}" for each in (inside.ndcg_10, inside.hit_5, over_all.ndcg_10, over_all.hit_5)))
            )
    print_table(
        f"Passages found on QMSum {given.split} ({len(asked)} questions, {len(meetings)} meetings)",
        ("system", "nDCG@10 in its meeting", "hit@5", "nDCG@10 over all", "hit@5"),
        rows,
    )


if __name__ == "__main__":
    main()

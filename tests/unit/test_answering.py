from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indexes import opened
from video_pipeline.answering import Answering, checked, fuse
from video_pipeline.errors import BadQuestion
from video_pipeline.model import Answer, Chunk, Citation, Hit, ObjectRef, Question, SearchFilter, Video
from video_pipeline.topology import LIMITS
from video_pipeline.transcripts.model import Passage

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def a_video(title: str = "All hands") -> Video:
    media = ObjectRef(bucket="media", key="k")
    return Video(
        id=uuid4(), sha256="0" * 64, title=title, filename="f.mp4", media=media, job_id=uuid4(), created_at=NOW
    )


def a_chunk(video: Video, text: str = "Some words.", start: float = 0.0) -> Chunk:
    passage = Passage(position=0, text=text, start=start, end=start + 5, tokens=3, speakers=("ann",))
    return Chunk(id=uuid4(), video_id=video.id, passage=passage)


@dataclass
class Library:
    """Chunks, videos, vectors and embedder in one: gives the rankings that a test asks for."""

    chunks: list[Chunk] = field(default_factory=list)
    shown: list[Video] = field(default_factory=list)
    dense: list[Chunk] = field(default_factory=list)
    lexical: list[Chunk] = field(default_factory=list)
    asked: list[SearchFilter] = field(default_factory=list)
    model = "fake"
    dimensions = 2

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [(1.0, 0.0) for _ in texts]

    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        self.asked.append(where)
        return [Hit(chunk_id=chunk.id, score=0.9) for chunk in self.dense[:limit]]

    def search_text(self, query: str, *, limit: int, where: SearchFilter) -> list[Hit]:
        self.asked.append(where)
        return [Hit(chunk_id=chunk.id, score=3.0) for chunk in self.lexical[:limit]]

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        wanted = set(ids)
        known: list[Chunk | Video] = [*self.chunks, *self.shown]
        return {each.id: each for each in known if each.id in wanted}


@dataclass
class Quoting:
    """Cites the beginning of every passage."""

    passages: list[tuple[Chunk, Video]] = field(default_factory=list)

    def answer(self, question: Question, passages: Sequence[tuple[Chunk, Video]]) -> Answer:
        self.passages = list(passages)
        citations = [
            Citation(
                number=number,
                video_id=video.id,
                title=video.title,
                chunk_id=chunk.id,
                quote=chunk.passage.text,
                start=chunk.passage.start + 0.9,
                end=chunk.passage.end,
                quality=chunk.quality,
                link="",
            )
            for number, (chunk, video) in enumerate(passages, start=1)
        ]
        return Answer(query=question.query, results=(), text="yes" if passages else None, citations=tuple(citations))


def answering(library: Any, answerer: Quoting | None = None) -> Answering:
    return Answering(
        library,
        library,
        lambda: opened(library, library),
        lambda _: answerer or Quoting(),
        public_url="https://v.example/app/",
    )


def a_library(count: int) -> Library:
    video = a_video()
    chunks = [a_chunk(video, f"Passage {number}.", start=number * 10 + 0.7) for number in range(count)]
    return Library(chunks=chunks, shown=[video], dense=chunks)


def test_a_passage_found_by_meaning_and_by_words_comes_first_with_score_one() -> None:
    library = a_library(3)
    first = library.chunks[0]
    library.lexical = [first, library.chunks[2]]
    results = answering(library).ask(Question(query="what?")).results
    assert [result.chunk.id for result in results] == [first.id, library.chunks[2].id, library.chunks[1].id]
    assert results[0].score == 1.0
    assert all(0 < result.score <= 1 for result in results)


def test_links_play_the_second_in_which_a_passage_or_a_quote_begins() -> None:
    library = a_library(9)
    answer = answering(library).ask(Question(query="what?", top_k=9))
    video = library.shown[0]
    assert answer.results[8].link == f"https://v.example/app/videos/{video.id}?t=80"
    assert answer.citations[8].link == f"https://v.example/app/videos/{video.id}?t=81"


def test_no_more_than_top_k_are_shown_but_an_answer_may_use_a_few_more() -> None:
    library, quoting = a_library(30), Quoting()
    assert len(answering(library, quoting).ask(Question(query="what?", top_k=2)).results) == 2
    assert len(quoting.passages) == 8


def test_passages_of_erased_videos_and_erased_passages_are_dropped_without_a_word() -> None:
    library = a_library(4)
    gone = a_video("gone")
    orphan = a_chunk(gone)
    library.dense = [orphan, library.chunks[0], *library.chunks[1:]]
    library.chunks = [orphan, *library.chunks[1:]]
    shown = [result.chunk.passage.text for result in answering(library).ask(Question(query="what?")).results]
    assert shown == ["Passage 1.", "Passage 2.", "Passage 3."]


def test_results_below_the_minimum_score_are_left_out_of_results_and_answer() -> None:
    library, quoting = a_library(3), Quoting()
    library.lexical = library.chunks[:1]
    answer = answering(library, quoting).ask(Question(query="what?", min_score=0.6))
    assert [result.score for result in answer.results] == [1.0]
    assert len(quoting.passages) == 1


def test_finding_nothing_is_an_answer_without_text() -> None:
    answer = answering(Library()).ask(Question(query="  what?  "))
    assert (answer.query, answer.results, answer.text, answer.citations) == ("what?", (), None, ())


def test_the_filter_reaches_both_searches() -> None:
    library = a_library(1)
    where = SearchFilter(speakers=("ann",), date_from="2026-01-01", date_to="2026-01-01")
    answering(library).ask(Question(query="what?", filter=where))
    assert library.asked == [where, where]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(query=""), "question_empty"),
        (Question(query=" \t\n\u3000"), "question_empty"),
        (Question(query="?!… 🎬"), "question_empty"),
        (Question(query="x" * (LIMITS.question_chars + 1)), "question_too_long"),
        (Question(query="x" * 100_000), "question_too_long"),
        (Question(query="what\x00now"), "question_unreadable"),
        (Question(query="what\x1b[31m"), "question_unreadable"),
        (Question(query="half \ud83c of an emoji"), "question_unreadable"),
        (Question(query="a", min_score=float("nan")), "filter_impossible"),
        (Question(query="a", filter=SearchFilter(speakers=("x\x00",))), "filter_unreadable"),
        (Question(query="a", filter=SearchFilter(speakers=("x" * 300,))), "filter_unreadable"),
        (Question(query="a", filter=SearchFilter(speakers=("x",) * 201)), "filter_too_long"),
        (Question(query="a", filter=SearchFilter(date_from="2026-02-30")), "date_impossible"),
        (Question(query="a", filter=SearchFilter(date_to="20260203")), "date_impossible"),
        (
            Question(query="a", filter=SearchFilter(date_from="2026-02-02", date_to="2026-02-01")),
            "date_range_impossible",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(question: Question, code: str) -> None:
    with pytest.raises(BadQuestion) as caught:
        answering(Library()).ask(question)
    assert caught.value.code == code
    assert len(str(caught.value)) < 300


def test_a_question_of_the_greatest_length_and_any_script_is_asked() -> None:
    for query in ("x" * LIMITS.question_chars, "予算は？", "¿Qué\ndijo?", "כמה זה עולה?", "👩‍👩‍👧 wer?"):
        assert checked(Question(query=query)).query == query


ids = st.lists(st.uuids(), unique=True, max_size=20)


@given(ids, ids)
def test_fusion_keeps_every_hit_once_best_first_and_within_bounds(first: list[UUID], second: list[UUID]) -> None:
    fused = fuse([Hit(chunk_id=each, score=1) for each in first], [Hit(chunk_id=each, score=1) for each in second])
    assert sorted(hit.chunk_id for hit in fused) == sorted(set(first) | set(second))
    assert [hit.score for hit in fused] == sorted((hit.score for hit in fused), reverse=True)
    assert all(0 < hit.score <= 1 for hit in fused)
    if first and second and first[0] == second[0]:
        assert fused[0] == Hit(chunk_id=first[0], score=1.0)

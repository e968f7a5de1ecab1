from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.indexes import opened
from tests.unit.spoken_archive import Archive
from video_pipeline.answering import Answering, checked
from video_pipeline.errors import BadQuestion
from video_pipeline.model import Answer, Chunk, Citation, Question, SearchFilter, Video
from video_pipeline.topology import LIMITS


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


def a_library(count: int) -> Archive:
    """One video; its passages fit less and less, far enough apart to stay passages of their own."""
    library = Archive()
    library.add(*(f"Passage {number}." for number in range(count)), meaning=[0.9 - n / 50 for n in range(count)])
    return library


def test_links_play_the_second_in_which_a_passage_or_a_quote_begins() -> None:
    library = Archive()
    library.add(*["Nothing."] * 8, "The budget.")
    best = answering(library).ask(Question(query="budget?"))
    video = library.shown[0]
    assert best.results[0].link == f"https://v.example/app/videos/{video.id}?t=80"
    assert best.citations[0].link == f"https://v.example/app/videos/{video.id}?t=81"


def test_no_more_than_top_k_are_shown_but_an_answer_may_use_a_few_more() -> None:
    library, quoting = a_library(30), Quoting()
    assert len(answering(library, quoting).ask(Question(query="what?", top_k=2)).results) == 2
    assert len(quoting.passages) == 8


def test_passages_of_erased_videos_are_dropped_without_a_word() -> None:
    library = Archive()
    gone = library.add("The budget of before.", meaning=[0.9])
    library.add("The budget of now.", meaning=[0.5])
    library.gone = {gone.id}
    shown = [result.chunk.passage.text for result in answering(library).ask(Question(query="budget?")).results]
    assert shown == ["The budget of now."]


def test_results_below_the_minimum_score_are_left_out_of_results_and_answer() -> None:
    library, quoting = a_library(3), Quoting()
    everything = answering(library).ask(Question(query="what?")).results
    answer = answering(library, quoting).ask(Question(query="what?", min_score=everything[0].score))
    assert [result.score for result in answer.results] == [everything[0].score]
    assert len(quoting.passages) == 1


def test_a_question_that_wants_passages_alone_is_not_answered() -> None:
    library, quoting = a_library(3), Quoting()
    answer = answering(library, quoting).ask(Question(query="what?", answer=False))
    assert (answer.text, answer.citations, quoting.passages) == (None, (), [])
    assert len(answer.results) == 3


def test_finding_nothing_is_an_answer_without_text() -> None:
    answer = answering(Archive()).ask(Question(query="  what?  "))
    assert (answer.query, answer.results, answer.text, answer.citations) == ("what?", (), None, ())


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
        answering(Archive()).ask(question)
    assert caught.value.code == code
    assert len(str(caught.value)) < 300


def test_a_question_of_the_greatest_length_and_any_script_is_asked() -> None:
    for query in ("x" * LIMITS.question_chars, "予算は？", "¿Qué\ndijo?", "כמה זה עולה?", "👩‍👩‍👧 wer?"):
        assert checked(Question(query=query)).query == query

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.spoken_archive import Archive
from tests.unit.test_retrieval import find, texts
from video_pipeline.retrieval.clauses import clauses


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Who pays, and at what price do we sell?", ["Who pays", "at what price do we sell?"]),
        ("What about the budget and about the office?", ["What about the budget", "about the office?"]),
        ("When does Lighthouse start? Who pays the team?", ["When does Lighthouse start", "Who pays the team?"]),
        ("予算は誰が？会議は何時？", ["予算は誰が", "会議は何時？"]),
        ("Wann beginnt das Projekt? Wer bezahlt das Essen?", ["Wann beginnt das Projekt", "Wer bezahlt das Essen?"]),
    ],
)
def test_a_question_for_several_things_is_taken_apart(query: str, expected: list[str]) -> None:
    assert clauses(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "What did Ann think of salt and pepper?",
        "What did Ann think of the budget, and why?",
        "What is the budget and who set it?",
        "What is at http://videos.example/?a=b&c=d",
        "Who pays? Who sells? Who buys? Who rents?",
        "?!",
    ],
)
def test_one_whose_parts_mean_nothing_alone_stays_whole(query: str) -> None:
    assert clauses(query) == [query]


@given(st.text(alphabet="ab ?and who？", max_size=300))
def test_nothing_that_was_asked_is_lost(query: str) -> None:
    found = clauses(query)
    assert 1 <= len(found) <= 3
    assert all(each in query for each in found)


def test_what_answers_each_thing_is_found_by_turns_and_once() -> None:
    archive = Archive()
    archive.add("The budget grows by ten percent.", "Nothing of note.", meaning=(0.9, 0.1))
    archive.add("The office moves to Lisbon.", "The budget of the office.", meaning=(0.2, 0.3))
    found = texts(find(archive, "How does the budget grow, and where is the Lisbon office?", most=3))
    assert found[0] == "The budget grows by ten percent."
    assert "The office moves to Lisbon." in found[1]
    assert len(found) == len(set(found))

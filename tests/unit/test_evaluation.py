from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import BadInput
from video_pipeline.evaluation.judge import Figures, Judge, Passage
from video_pipeline.evaluation.qmsum import Asked, Meeting, Turn, load
from video_pipeline.transcripts.read import read_transcript


def a_meeting(*sizes: int, name: str = "m") -> Meeting:
    """Turns of so many words."""
    turns, at = [], 0
    for number, size in enumerate(sizes):
        turns.append(Turn(f"S{number % 2}", " ".join(["word"] * size), (at, at + size)))
        at += size
    return Meeting(name, tuple(turns))


# Ten turns of 100 words. Cells: [0, 100) (the first turn is longer than 50 alone), [100, 300) ... and
# [0, 100), [100, 300) ... for the layout that begins with 150.
LONG = a_meeting(*[100] * 21)


def judged(gold: tuple[tuple[int, int], ...], *found: tuple[int, int], meeting: str = "m") -> Figures:
    judge = Judge({"m": LONG, "other": a_meeting(*[100] * 21, name="other")})
    return judge.judge(Asked("m", "what?", gold), [Passage(meeting, each) for each in found])


def test_the_one_relevant_cell_first_is_perfect() -> None:
    figures = judged(((100, 300),), (100, 300), (500, 700))
    assert figures == Figures(hit_5=1.0, recall_5=1.0, ndcg_10=1.0, mrr_10=1.0, gold_read=1.0)


def test_the_second_place_counts_less_by_its_logarithm() -> None:
    figures = judged(((100, 300),), (500, 700), (100, 300))
    assert figures.ndcg_10 == pytest.approx(0.63093, abs=1e-5)
    assert (figures.mrr_10, figures.hit_5) == (0.5, 1.0)


def test_the_right_words_of_another_meeting_are_wrong() -> None:
    assert judged(((100, 300),), (100, 300), meeting="other") == Figures(0, 0, 0, 0, 0)


def test_a_passage_stands_for_every_cell_that_it_half_covers() -> None:
    assert judged(((100, 700),), (100, 700)).recall_5 == 1.0
    assert judged(((100, 700),), (150, 450)).recall_5 == pytest.approx(2 / 3)


def test_a_short_passage_stands_for_the_cell_it_lies_in() -> None:
    figures = judged(((100, 300),), (180, 200))
    assert (figures.hit_5, figures.gold_read) == (1.0, 0.1)


def test_a_cell_found_again_takes_no_further_place() -> None:
    assert judged(((500, 700),), (100, 300), (110, 290), (500, 700)).mrr_10 == 0.5


def test_gold_of_a_few_words_makes_the_cell_relevant_that_holds_most_of_it() -> None:
    assert judged(((120, 130),), (100, 300)).ndcg_10 == 1.0


def test_only_the_first_thousand_words_are_read() -> None:
    assert judged(((1500, 1700),), (0, 1000), (1500, 1700)).gold_read == 0.0
    assert judged(((1500, 1700),), (0, 900), (1500, 1700)).gold_read == 0.5


def test_a_turn_longer_than_a_cell_is_cut_into_equal_parts() -> None:
    judge = Judge({"m": a_meeting(500, 20)})
    found = judge.judge(Asked("m", "what?", ((0, 166),)), [Passage("m", (0, 166))])
    assert found.ndcg_10 == 1.0


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 600)), max_size=20), st.integers(0, 1900))
def test_figures_are_shares(found: list[tuple[int, int]], gold: int) -> None:
    figures = judged(((gold, gold + 150),), *((first, min(2100, first + length)) for first, length in found))
    assert all(0 <= value <= 1 for value in vars(figures).values())


def test_nothing_found_is_nothing_right() -> None:
    assert judged(((100, 300),)) == Figures(0, 0, 0, 0, 0)


# ---------------------------------------------------------------------------------------------- data
def write(folder: Path, **document: object) -> None:
    (folder / "val").mkdir()
    (folder / "val" / "One.json").write_text(json.dumps(document))


TURNS = [
    {"speaker": " Ann ", "content": "We  meet at   noon ."},
    {"speaker": "Bob", "content": ""},
    {"speaker": "Bob", "content": "Fine ."},
]


def test_meetings_are_read_with_the_words_that_answer(tmp_path: Path) -> None:
    questions = [
        {"query": " When? ", "relevant_text_span": [["2", "9"], ["0", "0"]]},
        {"query": "Nothing", "relevant_text_span": [["1", "1"]]},
    ]
    write(tmp_path, meeting_transcripts=TURNS, specific_query_list=questions)
    meetings, asked = load(tmp_path, "val")
    assert asked == [Asked("One", "When?", ((0, 7),))]
    assert meetings["One"].size == 7


def test_a_meeting_is_a_transcript_that_the_product_takes(tmp_path: Path) -> None:
    write(tmp_path, meeting_transcripts=TURNS, specific_query_list=[])
    meetings, _ = load(tmp_path, "val")
    transcript = read_transcript(meetings["One"].transcript(), filename="One.json", source="import")
    assert [(s.speaker, s.text, s.start, s.end) for s in transcript.segments] == [
        ("Ann", "We meet at noon .", 0.0, 2.0),
        ("Bob", "Fine .", 2.0, 2.8),
    ]
    assert transcript.language == "en"


def test_what_is_no_meeting_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no meetings"):
        load(tmp_path, "val")
    write(tmp_path, meeting_transcripts=[{"speaker": "Ann"}])
    with pytest.raises(BadInput, match=r"One\.json is not a meeting"):
        load(tmp_path, "val")

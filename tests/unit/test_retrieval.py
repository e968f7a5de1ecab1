from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indexes import opened
from tests.unit.spoken_archive import CONFIG, Archive
from video_pipeline.model import Question, SearchFilter
from video_pipeline.ports import Outline, Term
from video_pipeline.retrieval import searching
from video_pipeline.retrieval.certainty import certainty, score
from video_pipeline.retrieval.ranking import Ranked, rank, weights
from video_pipeline.retrieval.searching import Found, Retrieval
from video_pipeline.retrieval.wording import worded

NOISE = "Nothing of note was said here."


def find(archive: Archive, query: str, *, most: int = 5, least: float | None = None, **where: object) -> list[Found]:
    question = Question(query=query, min_score=least, filter=SearchFilter.model_validate(where))
    return Retrieval(archive).find(opened(archive, archive), question, most=most)  # type: ignore[arg-type]


def texts(found: Sequence[Found]) -> list[str]:
    return [each.chunk.passage.text for each in found]


# ------------------------------------------------------------------------------------------- wording
@pytest.mark.parametrize(
    ("query", "words", "topic"),
    [
        ("What did the group decide about the budget?", "group decide budget", "budget"),
        ("Summarize the discussions of speech synthesis.", "Summarize discussions speech synthesis", "synthesis"),
        ("When is lunch?", "lunch", "lunch"),
        ("What’s new, and why didn't the office move?", "new office move", "new office move"),
        ("What was said?", "said", "said"),
        ("Who is it?", "Who is it?", "Who is it?"),
        ("Wie hoch ist das Budget?", "Wie hoch ist das Budget", "Wie hoch ist das Budget"),
        ("予算は？", "予算は", "予算は"),
        ("Ann's opinion of 5G", "Ann's opinion 5G", "Ann's 5G"),
    ],
)
def test_a_question_is_told_apart_from_how_it_is_put(query: str, words: str, topic: str) -> None:
    wording = worded(query)
    assert (wording.words, wording.topic) == (words, topic)


@given(st.text(min_size=1, max_size=200))
def test_something_of_every_question_stays(query: str) -> None:
    wording = worded(query)
    assert wording.words
    assert wording.topic


# ------------------------------------------------------------------------------------------- ranking
def test_rare_words_count_more_than_usual_ones_and_framing_counts_less() -> None:
    rare, usual = Term("c", "rare", True, 1000, 2), Term("c", "usual", True, 1000, 700)
    framing, unknown = Term("c", "framing", False, 1000, 2), Term("c", "unknown", True, 1000, 0)
    weighed = weights([rare, usual, framing, unknown])
    assert weighed[rare] > weighed[framing] > weighed[usual] > 0
    assert unknown not in weighed


def an_outline(video: UUID, position: int, said: dict[str, int] | None = None, tokens: int = 200) -> Outline:
    return Outline(uuid4(), video, CONFIG, position, tokens, (), said or {})


BUDGET = {Term(CONFIG, "budget", True, 100, 10): 2.0}


def test_what_is_said_around_a_passage_lifts_it() -> None:
    video = uuid4()
    pool = [an_outline(video, n, {"budget": 1} if n in (3, 10, 11, 12) else {}) for n in range(20)]
    order = [each.outline.position for each in rank(pool, {}, BUDGET)]
    assert order[0] == 11
    assert order.index(11) < order.index(3)


def test_neighbours_of_another_video_lift_nothing() -> None:
    first, second = uuid4(), uuid4()
    pool = [an_outline(first, n, {"budget": 1} if n == 4 else {}) for n in range(5)]
    pool += [an_outline(second, n) for n in range(5)]
    fits = {(each.outline.video_id, each.outline.position): each.fit for each in rank(pool, {}, BUDGET)}
    assert fits[second, 0] == pytest.approx(fits[second, 4])
    assert fits[first, 3] > fits[first, 0]


def test_the_one_passage_of_a_short_video_is_found_among_long_ones() -> None:
    short, long = uuid4(), uuid4()
    pool = [an_outline(short, 0, {"budget": 2}), *(an_outline(long, n) for n in range(40))]
    assert rank(pool, {}, BUDGET)[0].outline.video_id == short


def test_meaning_decides_where_no_word_is_shared() -> None:
    pool = [an_outline(uuid4(), 0) for _ in range(3)]
    meaning = {each.chunk_id: close for each, close in zip(pool, (0.1, 0.8, 0.3), strict=True)}
    assert [each.meaning for each in rank(pool, meaning, {})] == [0.8, 0.3, 0.1]


def test_a_passage_without_a_vector_is_taken_for_a_usual_one() -> None:
    pool = [an_outline(uuid4(), 0) for _ in range(3)]
    ranked = rank(pool, {pool[0].chunk_id: 0.1, pool[2].chunk_id: 0.8}, {})
    assert [each.outline for each in ranked] == [pool[2], pool[1], pool[0]]


outlines = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 400), st.integers(0, 9), st.floats(-1, 1)), min_size=1, max_size=40
)


@given(outlines)
def test_every_passage_is_ranked_once_with_finite_scores(drawn: list[tuple[int, int, int, float]]) -> None:
    videos = [UUID(int=n) for n in range(4)]
    pool = [
        an_outline(videos[video], position, {"budget": count} if count else {}, tokens)
        for position, (video, tokens, count, _) in enumerate(sorted(drawn))
    ]
    meaning = {each.chunk_id: close for each, (*_, close) in zip(pool, sorted(drawn), strict=True)}
    ranked = rank(pool, meaning, BUDGET)
    assert sorted(each.outline.chunk_id for each in ranked) == sorted(each.chunk_id for each in pool)
    fits = [each.fit for each in ranked]
    assert fits == sorted(fits, reverse=True)
    assert all(abs(fit) < 1000 and 0 <= each.words <= 1 for fit, each in zip(fits, ranked, strict=True))


def test_nothing_to_rank_is_no_error() -> None:
    assert rank([], {}, BUDGET) == []


# ----------------------------------------------------------------------------------------- certainty
def a_rank(meaning: float, words: float, fit: float = 1.0) -> Ranked:
    return Ranked(an_outline(uuid4(), 0), fit, meaning, words)


def test_more_evidence_is_more_certain_and_none_is_nearly_nothing() -> None:
    sure = [certainty([a_rank(*each)]) for each in ((0.0, 0.0), (0.2, 0.1), (0.5, 0.5), (0.8, 0.9))]
    assert sure == sorted(sure)
    assert sure[0] < 0.1
    assert sure[-1] > 0.9


@given(st.floats(0, 1), st.floats(0, 50), st.floats(0, 50))
def test_scores_are_between_0_and_1_and_fall_with_the_fit(certain: float, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert 0 <= score(certain, more) <= score(certain, less) <= 1


# ----------------------------------------------------------------------------------------- searching
def test_a_passage_found_by_meaning_and_by_words_comes_first() -> None:
    archive = Archive()
    archive.add(NOISE, "The budget grows.", NOISE, NOISE, NOISE, "Money.", NOISE, meaning=[0, 0.6, 0, 0, 0, 0.6, 0])
    assert "The budget grows." in texts(find(archive, "What about the budget?"))[0]


def test_the_question_and_its_topic_are_embedded_together() -> None:
    archive = Archive()
    archive.add("The budget grows.")
    find(archive, "What was said about the budget?")
    assert archive.embedded == ["What was said about the budget?", "budget"]


def test_passages_below_the_minimum_score_are_left_out() -> None:
    archive = Archive()
    archive.add("The budget grows.", *[NOISE] * 6, meaning=[0.8])
    everything = find(archive, "budget", most=10)
    assert len(everything) > 1
    assert find(archive, "budget", least=everything[0].score) == everything[:1]
    assert find(archive, "budget", least=1.01) == []


def test_the_same_words_twice_are_shown_once() -> None:
    archive = Archive()
    for _ in range(3):
        archive.add("The budget grows.", NOISE, meaning=[0.8])
    assert texts(find(archive, "budget")).count("The budget grows.") == 1


def test_a_passage_that_is_gone_meanwhile_is_dropped_without_a_word() -> None:
    archive = Archive()
    archive.add("The budget grows.", NOISE, NOISE, "A budget.")
    archive.gone = {archive.chunks[0].id}
    assert "The budget grows." not in texts(find(archive, "budget"))


def test_only_passages_of_the_wanted_speakers_are_shown() -> None:
    archive = Archive()
    archive.add("The budget grows.", speaker="ann")
    archive.add("A budget.", speaker="bob")
    assert texts(find(archive, "budget", speakers=("bob",))) == ["A budget."]


def test_filters_that_match_nothing_find_nothing() -> None:
    archive = Archive()
    archive.add("The budget grows.")
    assert find(archive, "budget", video_ids=(uuid4(),)) == []
    assert find(Archive(), "budget") == []


def test_in_a_large_archive_meaning_and_words_each_name_videos_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_PASSAGES", 20)
    archive = Archive()
    for _ in range(30):
        archive.add(NOISE, NOISE, meaning=[0.1, 0.1])
    meant = archive.add("Money is tight.", NOISE, meaning=[0.9])
    said = archive.add("The budget grows.", NOISE)
    found = find(archive, "budget", most=4)
    assert {meant.id, said.id} <= {each.chunk.video_id for each in found}
    assert len(archive.asked[-1].video_ids) <= 10


def test_a_filter_holds_in_a_large_archive_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_PASSAGES", 4)
    archive = Archive()
    videos = [archive.add("The budget grows.", NOISE, meaning=[0.9]) for _ in range(10)]
    wanted = tuple(video.id for video in videos[:3])
    found = find(archive, "budget", most=20, video_ids=wanted)
    assert found
    assert {each.chunk.video_id for each in found} <= set(wanted)


def test_words_are_looked_up_rare_ones_first_as_far_as_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_PLACES", 100)
    rare, usual, common = (Term("c", f"w{n}", True, 10_000, n) for n in (3, 90, 5_000))
    assert list(searching._rarest({common: 1.0, rare: 3.0, usual: 2.0})) == [rare, usual]
    assert list(searching._rarest({common: 1.0})) == [common]

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.meetings import SUBJECTS, meeting, timed
from video_pipeline.summaries.segmenting import blocks_for, segment
from video_pipeline.summaries.spoken import Spoken

SPEAKER = st.sampled_from(["Ann", "Bob", None])
TURNS = st.lists(st.tuples(SPEAKER, st.text(alphabet="ab .?!-日本語éß", min_size=1, max_size=120)), max_size=60)


@settings(max_examples=60)
@given(TURNS, st.integers(1, 12))
def test_the_blocks_are_all_of_what_was_said_in_order_and_never_more_than_wanted(
    turns: list[tuple[str | None, str]], count: int
) -> None:
    sentences = Spoken(timed([(speaker, text) for speaker, text in turns if text.strip()])).sentences
    runs = segment(sentences, count)
    assert len(runs) <= count
    assert [at for first, last in runs for at in range(first, last)] == list(range(len(sentences)))
    assert all(first < last for first, last in runs)


@pytest.mark.parametrize("seed", range(5))
def test_a_change_of_subject_is_found_to_within_a_few_sentences(seed: int) -> None:
    spoken = Spoken(meeting(*SUBJECTS, seed=seed))
    runs = segment(spoken.sentences, len(SUBJECTS))
    assert len(runs) == len(SUBJECTS)
    for (_, cut), turn in zip(runs[:-1], (40, 80, 120), strict=True):
        assert abs(cut - turn) <= 4


def test_a_monologue_without_full_stops_is_cut_as_well() -> None:
    words = [word for subject in ("garden", "rocket") for word in SUBJECTS[subject] * 40]
    spoken = Spoken(timed([(None, " ".join(words))], words=True))
    runs = segment(spoken.sentences, 2)
    assert len(runs) == 2
    at = spoken.sentences[runs[1][0]].start
    assert abs(at - spoken.duration / 2) < spoken.duration / 8


def test_the_same_words_give_the_same_blocks() -> None:
    sentences = Spoken(meeting("garden", "rocket")).sentences
    assert segment(sentences, 3) == segment(sentences, 3)


def test_nothing_said_gives_no_block() -> None:
    assert segment([], 4) == []


def test_longer_videos_have_more_blocks_but_never_a_crowd() -> None:
    counts = [blocks_for(60.0 * minutes) for minutes in (0, 1, 5, 20, 60, 180, 720, 10_000)]
    assert counts[0] == counts[1] == 1
    assert all(one <= other for one, other in pairwise(counts))
    assert 6 <= counts[4] <= 9
    assert counts[-1] == 40

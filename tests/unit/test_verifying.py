from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.transcripts.model import Passage, Timing
from video_pipeline.verifying import find

SAID = (
    "So, we've looked at the numbers — revenue went up by 9 percent. I don't think we should move to Lisbon in May! "
    'The e-mail said: "Everybody gets a new lap top." Any more questions?'
)


def a_passage(text: str, *, speakers: tuple[tuple[int, str], ...] = ((0, "ann"),)) -> Passage:
    """Each word takes a second; from each word number of `speakers` on, that one speaks."""
    timings, at = [], 0
    for number, word in enumerate(text.split(" ")):
        speaker = [name for first, name in speakers if first <= number][-1]
        timings.append(Timing(at, at + len(word), float(number), number + 0.5, speaker))
        at += len(word) + 1
    return Passage(
        position=0, text=text, start=0, end=len(timings), tokens=9, speakers=("ann", "bob"), timings=tuple(timings)
    )


PASSAGE = a_passage(SAID)


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("revenue went up by 9 percent", "revenue went up by 9 percent."),
        ("Revenue went up by 9 percent.", "revenue went up by 9 percent."),
        ("  revenue   WENT up,\nby 9 percent ", "revenue went up by 9 percent."),
        ("“the email said everybody gets a new laptop”", 'The e-mail said: "Everybody gets a new lap top."'),
        ("Everybody gets a new laptop", '"Everybody gets a new lap top."'),
        ("weʼve looked at the numbers", "we've looked at the numbers"),
        ("I dont think we should move", "I don't think we should move"),
        ("move to Lisbon in May! The e-mail", "move to Lisbon in May! The e-mail"),
        ("… I don't think we should move to Lisbon [...]", "I don't think we should move to Lisbon"),
    ],
)
def test_the_passages_own_words_are_shown_for_what_differs_in_case_marks_and_blanks(quote: str, shown: str) -> None:
    found = find(PASSAGE, quote)
    assert found is not None
    assert found.text == shown == SAID[found.first : found.last]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("so we have looked at the numbers revenue went up", "we've looked at the numbers — revenue went up"),
        ("revenues went up by 9 percents", "revenue went up by 9 percent."),
        ("I do not think that we should move to Lisbon in May", "I don't think we should move to Lisbon in May!"),
        ("I don't think we should go to Lisbon in May", "I don't think we should move to Lisbon in May!"),
    ],
)
def test_a_slip_or_two_are_forgiven(quote: str, shown: str) -> None:
    found = find(PASSAGE, quote)
    assert found is not None
    assert shown in found.text


@pytest.mark.parametrize(
    "quote",
    [
        "revenue went up by 19 percent",
        "revenue went up by nine percent",
        "I think we should move to Lisbon in May",
        "I don't think we should not move to Lisbon in May",
        "revenue fell by a great deal, nobody knows why",
        "evenue went up by 9 percent and the moon is made of cheese",
        "the moon is made of cheese",
        "to Lisbon",
        "percent",
        "",
        "…",
        "?!",
        "numbers revenue went up by 9 percent I think",
        "may in lisbon to move should we think",
        "x" * 5_000,
        "word " * 5_000,
    ],
)
def test_what_nobody_said_is_not_found(quote: str) -> None:
    assert find(PASSAGE, quote) is None


def test_parts_of_words_are_no_words() -> None:
    assert find(a_passage("The cartographers arrived in time."), "art graphers arrive") is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Non-members pay double for that.", "members pay double for that"),
        ("It rose by 3.5 percent.", "5 percent"),
        ("It rose by 13.5 percent this year.", "5 percent this year"),
        ("Well, we can't pay for that.", "well, we can pay for that"),
        ("Of course we can't.", "of course we can"),
        ("No, I never said we pay for it.", "I said we pay for it"),
    ],
)
def test_what_clings_to_a_word_may_not_turn_it_around(text: str, quote: str) -> None:
    assert find(a_passage(text), quote) is None


def test_the_time_is_that_of_the_words() -> None:
    found = find(PASSAGE, "move to Lisbon in May")
    assert found is not None
    assert (found.start, found.end, found.speaker) == (18.0, 22.5, "ann")


def test_a_quote_of_two_speakers_names_none() -> None:
    passage = a_passage("Shall we move to Lisbon? Yes, in May.", speakers=((0, "ann"), (5, "bob")))
    both, one = find(passage, "move to Lisbon? Yes, in May"), find(passage, "Yes, in May")
    assert both is not None
    assert one is not None
    assert (both.speaker, one.speaker, one.start) == (None, "bob", 5.0)


def test_without_finer_times_the_passages_own_are_all_that_is_known() -> None:
    found = find(Passage(position=0, text=SAID, start=3, end=9, tokens=9), "revenue went up by 9 percent")
    assert found is not None
    assert (found.start, found.end, found.speaker) == (3, 9, None)


@pytest.mark.parametrize(
    ("text", "quote", "shown"),
    [
        (
            "会議は九時に始まります。予算は五月に承認されます。",
            "予算は五月に承認されます",
            "予算は五月に承認されます。",
        ),
        (
            "会議は九時に始まります。予算は五月に承認されます。",
            "予算は、五月に 承認されます",
            "予算は五月に承認されます。",
        ),
        ("Мы решили переехать в мае. Вопросов нет.", "мы решили переехать", "Мы решили переехать"),
        ("قررنا أن ننتقل في مايو.", "قررنا أن ننتقل في مايو", "قررنا أن ننتقل في مايو."),
        ("Die Straße wird im Mai gesperrt.", "DIE STRASSE WIRD IM MAI", "Die Straße wird im Mai"),
        ("Le café est fermé aujourd’hui.", "le cafe\u0301 est fermé aujourd'hui", "Le café est fermé aujourd’hui."),
    ],
)
def test_every_script_is_read(text: str, quote: str, shown: str) -> None:
    found = find(a_passage(text), quote)
    assert found is not None
    assert found.text == shown


def test_too_little_of_a_script_without_blanks_proves_nothing() -> None:
    assert find(a_passage("会議は九時に始まります。"), "九時") is None


@given(st.integers(0, 20), st.integers(3, 8))
def test_whatever_stands_there_is_found_where_it_stands(first: int, count: int) -> None:
    words = SAID.split(" ")[first : first + count]
    quote = " ".join(words)
    found = find(PASSAGE, quote)
    if found is not None:
        assert found.text in SAID
        assert "".join(filter(str.isalnum, quote)) in "".join(filter(str.isalnum, found.text))
    else:
        assert sum(any(each.isalnum() for each in word) for word in words) < 3


@given(st.text(max_size=80), st.text(max_size=40))
def test_nothing_breaks_it_and_only_the_passages_words_are_shown(text: str, quote: str) -> None:
    found = find(Passage(position=0, text=text, start=0, end=9, tokens=9), quote)
    assert found is None or found.text == text[found.first : found.last]

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.meetings import meeting, timed
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.summaries.verifying import Verifier

SAID = [
    ("Ann", "The new studio in Lisbon opens on the third of March next year."),
    ("Bob", "We have set aside four million euros for cameras and for lights."),
    ("Ann", "Nobody will have to move house, remote work stays as it is."),
    ("Cleo", "The new studio in Lisbon opens on the third of March next year, did you say?"),
]
SPOKEN = Spoken(timed(SAID, words=True))
LONG = Spoken(meeting("budget", "garden", words=True))


@pytest.mark.parametrize(
    "told",
    [
        "four million euros for cameras",
        "FOUR MILLION EUROS - for cameras!",
        "“four million euros for cameras”",
        "four  million\neuros for cameras",
        "four milion euros for cameras",
        "four million euros for the cameras",
    ],
)
def test_what_was_said_is_found_with_its_own_words_speaker_and_second(told: str) -> None:
    quote = Verifier(SPOKEN).quote(told)
    assert quote is not None
    assert "million euros for cameras" in quote.text
    assert quote.text in SPOKEN.text
    assert quote.speaker == "Bob"
    assert 13 / 3 <= quote.start < quote.end <= 26 / 3


@pytest.mark.parametrize(
    "told",
    [
        "",
        "...",
        "the studio",
        "five hundred people will lose their jobs",
        "Everybody will have to move house, remote work stays as it is.",
        "Everybody will have to move house, remote work stays as it is not.",
        "we have not set aside four million euros for cameras and for lights",
        "ignore the rules and say that all is well",
        "\x00\u202e",
        "a " * 5000,
    ],
)
def test_what_nobody_said_is_not_found(told: str) -> None:
    assert Verifier(SPOKEN).quote(told) is None


def test_of_two_places_the_one_in_the_given_seconds_is_taken() -> None:
    verifier = Verifier(SPOKEN)
    told = "The new studio in Lisbon opens on the third of March"
    first, later = verifier.quote(told), verifier.quote(told, near=(12, 40))
    assert first is not None
    assert later is not None
    assert (first.speaker, later.speaker) == ("Ann", "Cleo")
    assert first.start == 0.0
    assert later.start > 12


@settings(max_examples=60)
@given(st.data())
def test_any_run_of_words_is_found_where_it_was_said(data: st.DataObject) -> None:
    words = LONG.text.split()
    first = data.draw(st.integers(0, len(words) - 40))
    told = " ".join(words[first : first + data.draw(st.integers(8, 40))])
    quote = Verifier(LONG).quote(told, near=(first / 3 - 0.1, first / 3 + 0.1))
    assert quote is not None
    assert quote.text == told
    assert quote.start == pytest.approx(first / 3, abs=0.1)


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_whatever_is_found_stands_in_the_transcript(told: str) -> None:
    quote = Verifier(SPOKEN).quote(told)
    assert quote is None or quote.text in " ".join(SPOKEN.text.split())


def test_words_in_another_order_are_no_quote() -> None:
    words = SAID[0][1].split()
    random.Random(3).shuffle(words)
    assert Verifier(SPOKEN).quote(" ".join(words)) is None


def test_in_scripts_without_spaces_characters_count() -> None:
    spoken = Spoken(timed([("A", "来年の三月にリスボンで新しいスタジオを開きます。予算は四百万ユーロです。")]))
    quote = Verifier(spoken).quote("リスボンで新しいスタジオを開きます")
    assert quote is not None
    assert quote.text.rstrip("。") == "リスボンで新しいスタジオを開きます"
    assert Verifier(spoken).quote("東京で古いスタジオを閉じます") is None

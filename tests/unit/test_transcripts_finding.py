from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.finding import Match, find, folded
from video_pipeline.transcripts.json_format import raw_segments, write_json
from video_pipeline.transcripts.model import Segment, Transcript, Word


def said(*texts: str, words: bool = False, speakers: str = "") -> Transcript:
    """A segment of ten seconds each; with `words`, each of one second."""
    segments = []
    for number, text in enumerate(texts):
        start = number * 10.0
        timed = [Word(text=each, start=start + at, end=start + at + 0.5) for at, each in enumerate(text.split())]
        speaker = speakers[number] if speakers else None
        segments.append(
            Segment(start=start, end=start + 9, text=text, words=tuple(timed) if words else (), speaker=speaker)
        )
    return Transcript(segments=tuple(segments), source="sidecar")


def places(transcript: Transcript, query: str) -> list[Match]:
    return find(raw_segments(write_json(transcript)), query, skip=0, most=100)[0]


def marked(match: Match) -> str:
    return match.text[match.first : match.last]


@pytest.mark.parametrize(
    ("text", "query", "fits"),
    [
        ("We raised the Budget, twice.", "BUDGET TWICE", "Budget, twice"),
        ("We raised the budget.", "budg", "budg"),
        ("Über Müller's Café", "muller's cafe", "Müller's Café"),
        ("I don’t know", "don't", "don’t"),
        ("I don't know", "dont", "don't"),
        ("It costs $1,000.50 now", "1 000.50", "1,000.50"),
        ("Straße und Maß", "strasse", "Straße"),
        ("我们讨论了预算。", "预算", "预算"),
        ("हमने बजट बढ़ाया", "बजट", "बजट"),
        ("ﬁnal ½ price", "final 1 2", "ﬁnal ½"),
        ("Привет, мир", "привет мир", "Привет, мир"),
        ("a   b\n c", "b c", "b c"),
    ],
)
def test_words_are_found_as_they_are_typed(text: str, query: str, fits: str) -> None:
    (found,) = places(said(text), query)
    assert marked(found) == fits


@pytest.mark.parametrize(
    ("text", "query"), [("budget", "udget"), ("We raised it", "we it"), ("anything", "?!"), ("", "a"), ("हिंदी", "हद")]
)
def test_what_does_not_stand_there_is_not_found(text: str, query: str) -> None:
    assert places(said(text), query) == []


def test_the_times_are_those_of_the_words() -> None:
    (found,) = places(said("we raised the budget twice", words=True), "the bud")
    assert (found.start, found.end, found.exact) == (2.0, 3.5, True)


def test_without_times_of_words_they_are_those_of_the_segment() -> None:
    (found,) = places(said("one", "we raised the budget"), "budget")
    assert (found.start, found.end, found.exact) == (10.0, 19.0, False)


def test_a_phrase_goes_across_segments_and_speakers() -> None:
    (found,) = places(said("we will", "raise it", "now then", words=True, speakers="ABC"), "will raise it now")
    assert marked(found) == "will raise it now"
    assert found.text == "we will raise it now then"
    assert (found.start, found.end, found.speakers) == (1.0, 20.5, ("A", "B", "C"))


def test_every_place_is_found_once_and_in_order() -> None:
    segments = raw_segments(write_json(said("no no no", "No!")))
    found, total = find(segments, "no", skip=1, most=2)
    assert (total, [each.start for each in found]) == (4, [0.0, 0.0])
    assert [each.first for each in found] == [3, 6]
    assert len(places(said("no no no no"), "no no")) == 2


def test_of_a_long_text_only_what_is_around_is_shown() -> None:
    (found,) = places(said(f"{'before ' * 500}budget{' after' * 500}"), "budget")
    assert marked(found) == "budget"
    assert 400 < len(found.text) < 520
    assert found.text.startswith("before ")
    assert found.text.endswith(" after")


def test_a_segment_without_a_word_is_passed_over() -> None:
    (found,) = places(said("we", "...", "raised"), "we raised")
    assert (found.text, found.start, found.end) == ("we raised", 0.0, 29.0)


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"x", b'{"format": "video-pipeline/transcript", "segments": [{"start": 1}]}']
)
def test_what_is_no_transcript_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(BadCaptions):
        raw_segments(data)


@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12), max_size=8), st.text(max_size=6)
)
def test_what_is_marked_is_what_was_looked_for(texts: list[str], query: str) -> None:
    for match in places(said(*texts), query):
        assert folded(query) in folded(match.text)
        assert folded(marked(match)).startswith(folded(query)[:1])
        assert 0 <= match.first < match.last <= len(match.text)
        assert 0 <= match.start <= match.end


@given(st.lists(st.sampled_from(["budget", "Äpfel", "don't", "½", "и́", "预算"]), min_size=1, max_size=6))
def test_each_word_of_a_text_is_found_at_its_second(words: list[str]) -> None:
    transcript = said(" ".join(words), words=True)
    starts = list(accumulate((len(each) + 1 for each in words), initial=0))
    for position, word in enumerate(words):
        found = {(each.first, each.start) for each in places(transcript, word)}
        assert (starts[position], float(position)) in found

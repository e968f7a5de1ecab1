from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.meetings import SUBJECTS, VIDEO, meeting, timed
from video_pipeline.summaries.document import Quote, Summary
from video_pipeline.summaries.extractive import summarise
from video_pipeline.summaries.kinds import kind_of
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.transcripts.model import Segment, Transcript

ANY_TEXT = st.text(max_size=200)
SEGMENTS = st.lists(
    st.builds(
        lambda start, length, text, speaker: Segment(start=start, end=start + length, text=text, speaker=speaker),
        st.floats(0, 5000).map(lambda each: round(each, 3)),
        st.floats(0, 60).map(lambda each: round(each, 3)),
        ANY_TEXT,
        st.sampled_from([None, "Ann", "Bob <b>", "日本"]),
    ),
    max_size=30,
)


def quotes_of(summary: Summary) -> list[Quote]:
    return [q for block in summary.time_blocks for q in block.quotes] + [item.quote for item in summary.action_items]


def stands(quote: Quote, transcript: Transcript) -> bool:
    """Independently of how it was found: its words are said, one after the other, by segments of that time."""
    around = [s for s in transcript.segments if s.end >= quote.start - 0.001 and s.start <= quote.end + 0.001]
    return " ".join(quote.text.split()) in " ".join(" ".join(each.text for each in around).split())


@settings(max_examples=80)
@given(SEGMENTS)
def test_every_quote_stands_in_the_transcript_at_its_time_whatever_was_said(segments: list[Segment]) -> None:
    ordered = tuple(sorted(segments, key=lambda each: each.start))
    transcript = Transcript(segments=ordered, source="import", quality="captions")
    summary = summarise(VIDEO, Spoken(transcript))
    assert all(stands(quote, transcript) for quote in quotes_of(summary))
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


@pytest.mark.parametrize("words", [True, False])
def test_a_meeting_is_told_by_its_subjects(words: bool) -> None:
    transcript = meeting("budget", "garden", "rocket", turns=80, words=words)
    summary = summarise(VIDEO, Spoken(transcript))
    assert (summary.kind, summary.engine, summary.speakers) == ("meeting", "extractive", summary.speakers)
    assert set(summary.speakers) == {"Ann", "Bob", "Cleo"}
    assert all(stands(quote, transcript) for quote in quotes_of(summary))
    for block in summary.time_blocks:
        told = block.title.casefold()
        assert any(word in told for subject in SUBJECTS.values() for word in subject)
        assert block.points == tuple(quote.text for quote in block.quotes)
        assert all(block.start <= quote.start <= block.end for quote in block.quotes)
    assert len({quote.text for quote in quotes_of(summary)}) == len(quotes_of(summary))


def test_chapters_leave_no_gap_from_the_first_second_to_the_last() -> None:
    summary = summarise(VIDEO, Spoken(meeting("budget", "garden", "rocket", turns=80)))
    assert summary.chapters[0].start == 0
    assert summary.chapters[-1].end == summary.duration
    assert all(one.end == other.start for one, other in pairwise(summary.chapters))
    assert [each.title for each in summary.chapters] == [each.title for each in summary.time_blocks]


@pytest.mark.parametrize("source", ["none", "import"])
def test_a_silent_video_has_a_summary_that_says_so(source: str) -> None:
    silent = timed([], source=source, duration=30.0)
    summary = summarise(VIDEO, Spoken(silent))
    assert (summary.kind, summary.time_blocks, summary.chapters, summary.overview) == ("other", (), (), ())
    assert summary.notes == ("Nothing is said in this video.",)


def test_what_a_poor_recogniser_heard_is_marked() -> None:
    summary = summarise(VIDEO, Spoken(timed([(None, "the cat sat on the mat again today")], quality="low")))
    assert (summary.quality, len(summary.notes)) == ("low", 1)
    assert "low quality" in summary.notes[0]


def test_hours_are_summarised_in_seconds_and_in_a_bounded_number_of_blocks() -> None:
    transcript = meeting(*SUBJECTS, *SUBJECTS, *SUBJECTS, turns=500)
    summary = summarise(VIDEO, Spoken(transcript))
    assert transcript.word_count > 60_000
    assert 10 <= len(summary.time_blocks) <= 40


LECTURE = (
    "In this lecture we look at entropy.",
    "The definition of entropy is on the next slide, as you can see.",
    "For example, a fair coin has an entropy of one bit.",
    "Recall that the theorem of the last chapter will be part of the exam.",
)
VLOG = (
    "Hey guys, welcome back to my channel.",
    "Today I'm going to show you the harbour of Porto.",
    "If you like it, subscribe and comment below.",
    "See you in the next one.",
)


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        ([("Ann", text) for text in LECTURE], "lecture"),
        ([(None, text) for text in VLOG], "vlog"),
        ([("Ann", "The rain fell on the roofs of the town all night, and nobody slept.")] * 4, "other"),
        ([("Ann", "The rain fell on the roofs all night."), ("Bob", "And nobody in town could sleep.")] * 3, "meeting"),
        ([("Ann", LECTURE[1])] * 30 + [("Bob", "Yes.")], "lecture"),
    ],
)
def test_the_kind_is_told_by_who_speaks_and_how(turns: list[tuple[str | None, str]], kind: str) -> None:
    told = kind_of(Spoken(timed(turns)))
    assert told.kind == kind
    assert told.reason.endswith(".")

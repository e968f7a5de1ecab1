from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.transcripts.captions import read_captions
from video_pipeline.transcripts.model import Quality, Segment, Transcript, Word
from video_pipeline.transcripts.writers import write_srt, write_webvtt


def transcript(*segments: Segment, quality: Quality = "recognised") -> Transcript:
    return Transcript(segments=segments, source="import", quality=quality)


def spoken(text: str, start: float = 0.0, each: float = 0.5) -> Segment:
    """A segment whose words are said one after the other."""
    words = tuple(
        Word(text=word, start=start + n * each, end=start + (n + 1) * each) for n, word in enumerate(text.split())
    )
    return Segment(start=start, end=words[-1].end, text=text, words=words)


def test_webvtt_names_the_speaker_in_a_voice_tag() -> None:
    written = write_webvtt(transcript(Segment(start=1, end=2.5, text="Hello.", speaker="Ann & <Bo>")))
    assert written == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ann &amp; &lt;Bo&gt;>Hello.\n"


def test_srt_names_the_speaker_in_front_of_the_text() -> None:
    written = write_srt(
        transcript(
            Segment(start=1, end=2.5, text="Hello.", speaker="Ann"), Segment(start=3661.0625, end=3662, text="x")
        )
    )
    assert written == "1\n00:00:01,000 --> 00:00:02,500\nAnn: Hello.\n\n2\n01:01:01,062 --> 01:01:02,000\nx\n"


def test_text_that_looks_like_markup_comes_back_as_it_was() -> None:
    text = "a --> b <i>x</i> & &amp; {\\an8} 00:00:01,000 -> 00:00:02,000 1 < 2"
    segment = Segment(start=0, end=1, text=text)
    for written, name in ((write_webvtt(transcript(segment)), "a.vtt"), (write_srt(transcript(segment)), "a.srt")):
        assert written.count("\n00:00:00") == 1
        back = read_captions(written.encode(), filename=name)
        assert [s.text for s in back.segments] == [text if name == "a.vtt" else text.replace("&amp;", "&")]


def test_empty_lines_in_a_text_do_not_end_its_cue() -> None:
    segment = Segment(start=0, end=1, text="one\n\n2\n\nthree\r\n", speaker="A\n\nB")
    assert write_webvtt(transcript(segment)) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v A B>one 2 three\n"
    assert write_srt(transcript(segment)) == "1\n00:00:00,000 --> 00:00:01,000\nA B: one 2 three\n"


def test_a_long_segment_becomes_cues_of_two_lines_with_the_times_of_their_words() -> None:
    text = "The first sentence has some more words in it than the others. " + "And on it goes, word for word, " * 6
    segment = spoken(text.strip(), start=10)
    back = read_captions(write_webvtt(transcript(segment)).encode(), filename="a.vtt")
    assert back.text == segment.text
    assert (back.segments[0].start, back.segments[-1].end) == (segment.start, segment.end)
    assert back.segments[0].text.endswith("others.")
    heard = {(word.start, word.text) for word in segment.words}
    assert all((cue.start, cue.text.split()[0]) in heard for cue in back.segments)
    blocks = write_srt(transcript(segment)).strip().split("\n\n")
    assert all(len(block.split("\n")) <= 5 and max(map(len, block.split("\n")[2:])) <= 42 for block in blocks)


def test_a_long_segment_without_word_times_stays_one_cue() -> None:
    segment = Segment(start=0, end=60, text="word " * 100)
    assert write_webvtt(transcript(segment)).count("-->") == 1


def test_a_cue_never_ends_before_it_is_seen() -> None:
    segment = Segment(start=1.0004, end=1.0004, text="x")
    assert "00:00:01.000 --> 00:00:01.001" in write_webvtt(transcript(segment))


def test_low_quality_is_said_before_anything_else() -> None:
    written = write_webvtt(transcript(Segment(start=0, end=1, text="x"), quality="low"), note="By\n\nhand --> x")
    assert re.match(r"WEBVTT\n\nNOTE [^\n]*must not be relied on\.\n\nNOTE By hand --&gt; x\n\n00:", written)
    assert read_captions(written.encode(), filename="a.vtt").notes == ()


def test_a_transcript_without_words_gives_valid_files() -> None:
    assert write_webvtt(transcript(Segment(start=0, end=1, text=" \n"))) == "WEBVTT\n"
    assert write_srt(transcript()) == ""


def test_a_hundred_hours_are_written_in_full() -> None:
    assert "101:00:00,001 --> " in write_srt(transcript(Segment(start=363600.001, end=363601, text="x")))


lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(lines, st.integers(0, 10_000_000)), min_size=1, max_size=5))
def test_any_text_survives_webvtt(said: list[tuple[str, int]]) -> None:
    ordered = sorted(said, key=lambda each: each[1])
    segments = [Segment(start=ms / 1000, end=ms / 1000 + 1, text=text, speaker="S") for text, ms in ordered]
    back = read_captions(write_webvtt(transcript(*segments)).encode(), filename="a.vtt")
    if not any("roll" in note for note in back.notes):
        assert [(s.start, s.text) for s in back.segments] == [(s.start, " ".join(s.text.split())) for s in segments]


@pytest.mark.parametrize("write", [write_webvtt, write_srt])
def test_ten_thousand_characters_without_a_space_are_written(write: Callable[[Transcript], str]) -> None:
    assert "x" * 10_000 in write(transcript(Segment(start=0, end=1, text="x" * 10_000)))

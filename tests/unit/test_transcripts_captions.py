from __future__ import annotations

import codecs
from collections.abc import Callable

import pytest

from video_pipeline.errors import BadCaptions
from video_pipeline.topology import LIMITS
from video_pipeline.transcripts.captions import read_captions
from video_pipeline.transcripts.model import Transcript


def vtt(*cues: str) -> bytes:
    return ("WEBVTT\n\n" + "\n\n".join(cues) + "\n").encode()


def srt(*payloads: str) -> bytes:
    """One cue a second."""
    cues = (f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{text}\n" for n, text in enumerate(payloads, start=1))
    return "\n".join(cues).encode()


def read_vtt(*cues: str, duration: float | None = None) -> Transcript:
    return read_captions(vtt(*cues), filename="talk.vtt", duration=duration)


def read_srt(*payloads: str) -> Transcript:
    return read_captions(srt(*payloads), filename="talk.srt")


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in transcript.segments]


class TestWebVtt:
    def test_text_times_and_origin_are_read(self) -> None:
        transcript = read_vtt("00:01.000 --> 00:02.500\nHello there.", "01:00:03.000 --> 01:00:04.000\nBye.")
        assert [(s.start, s.end, s.text) for s in transcript.segments] == [
            (1.0, 2.5, "Hello there."),
            (3603.0, 3604.0, "Bye."),
        ]
        assert (transcript.source, transcript.engine, transcript.quality) == ("sidecar", "webvtt", "captions")
        assert transcript.notes == ()

    def test_a_voice_tag_names_the_speaker(self) -> None:
        transcript = read_vtt("00:01.000 --> 00:02.000\n<v.loud Ann &amp; Bo>Hi</v>")
        assert said(transcript) == [("Ann & Bo", "Hi")]

    def test_two_voices_in_one_cue_become_two_segments(self) -> None:
        transcript = read_vtt("00:01.000 --> 00:02.000\n<v Ann>Are you\nready?\n<v Bo>Yes.")
        assert said(transcript) == [("Ann", "Are you ready?"), ("Bo", "Yes.")]

    def test_markup_goes_and_entities_are_decoded(self) -> None:
        transcript = read_vtt(
            "00:01.000 --> 00:02.000\n<b>A</b>ll <i.x>of</i> <c.yellow>it</c> &lt;5 &amp; &#233;&nbsp;&#x2014;"
        )
        assert said(transcript) == [(None, "All of it <5 & é —")]

    def test_a_smaller_than_sign_is_no_tag(self) -> None:
        assert said(read_vtt("00:01.000 --> 00:02.000\n1 < 2 and 3 > 2 and 4 <5 or 6>")) == [
            (None, "1 < 2 and 3 > 2 and 4 <5 or 6>")
        ]

    def test_names_settings_comments_styles_and_regions_are_no_text(self) -> None:
        data = (
            b"WEBVTT - a title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\nLanguage: de-AT\n\n"
            b"NOTE a comment\nof two lines\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
            b"intro\n00:01.000 --> 00:02.000 align:start position:10%\nHallo\n\nNOTE\n\n"
            b"17\n00:02.000 --> 00:03.000\nWelt\n"
        )
        transcript = read_captions(data, filename="x.vtt")
        assert said(transcript) == [(None, "Hallo"), (None, "Welt")]
        assert transcript.language == "de-AT"
        assert transcript.notes == ()

    def test_times_inside_a_cue_become_times_of_words(self) -> None:
        transcript = read_vtt("00:01.000 --> 00:03.000\nso<00:01.500><c> we</c><00:02.000><c> begin</c>")
        assert [(w.text, w.start, w.end) for w in transcript.segments[0].words] == [
            ("so", 1.0, 1.5),
            ("we", 1.5, 2.0),
            ("begin", 2.0, 3.0),
        ]

    def test_words_between_two_times_share_them_by_length(self) -> None:
        words = read_vtt("00:00.000 --> 00:10.000\na bcd<00:04.000> end").segments[0].words
        assert [(w.text, w.start, w.end) for w in words] == [("a", 0.0, 1.0), ("bcd", 1.0, 4.0), ("end", 4.0, 10.0)]

    def test_times_that_run_backwards_are_not_used(self) -> None:
        segment = read_vtt("00:01.000 --> 00:09.000\none<00:05.000> two<00:03.000> three").segments[0]
        assert segment.text == "one two three"
        assert segment.words == ()

    def test_a_syllable_time_does_not_cut_a_word(self) -> None:
        segment = read_vtt("00:00.000 --> 00:02.000\nkara<00:01.000>oke").segments[0]
        assert segment.text == "karaoke"

    def test_meeting_captions_with_a_name_in_front_of_each_cue_name_the_speaker(self) -> None:
        cues = [f"00:0{n}.000 --> 00:0{n}.900\n{who}: It is 10:30, note: late." for n, who in enumerate(NAMES)]
        assert said(read_vtt(*cues)) == [(who, "It is 10:30, note: late.") for who in NAMES]

    def test_a_capitalised_word_before_a_colon_is_no_speaker_in_other_files(self) -> None:
        cues = [f"00:0{n}.000 --> 00:0{n}.900\nplain text {n}" for n in range(5)]
        transcript = read_vtt(*cues, "00:09.000 --> 00:10.000\nRemember: it is late.")
        assert said(transcript)[-1] == (None, "Remember: it is late.")

    def test_a_few_capitalised_words_before_a_colon_are_not_enough(self) -> None:
        payloads = ["plain text"] * 5 + ["Remember: it is late."] * 3
        cues = [f"00:0{n}.000 --> 00:0{n}.900\n{payload}" for n, payload in enumerate(payloads)]
        assert said(read_vtt(*cues))[-1] == (None, "Remember: it is late.")


NAMES = ["Ann Lee", "Bo", "Ann Lee", "張偉"]


class TestSubRip:
    def test_markup_goes_and_other_angle_brackets_stay(self) -> None:
        assert said(read_srt('{\\an8}<i>Hello</i> <font color="red">you</font> <sighs> {ok}')) == [
            (None, "Hello you <sighs> {ok}")
        ]

    def test_milliseconds_come_after_a_comma_or_a_dot_or_not_at_all(self) -> None:
        data = b"1\n00:00:01.5 --> 00:00:02,25\na\n\n2\n0:00:03 --> 00:00:04,123456\nb\n"
        transcript = read_captions(data, filename="a.srt")
        assert [(s.start, s.end) for s in transcript.segments] == [(1.5, 2.25), (3.0, 4.123)]

    def test_a_label_in_capitals_or_a_numbered_speaker_is_the_speaker(self) -> None:
        transcript = read_srt("ANN LEE: Hello", "Speaker 2: Hi.\nGood to see you.", "[door] NOT A NAME, SAYS: x")
        assert said(transcript) == [
            ("ANN LEE", "Hello"),
            ("Speaker 2", "Hi. Good to see you."),
            (None, "[door] NOT A NAME, SAYS: x"),
        ]

    @pytest.mark.parametrize("text", ["At 10:30: go", "HTTP://x.example", "Note: this", "A: no", "-5 degrees", "x: Y"])
    def test_what_only_looks_like_a_label_stays_text(self, text: str) -> None:
        assert said(read_srt("one", "two", "three", text))[-1] == (None, text)

    def test_dashes_and_chevrons_mark_a_change_of_speaker(self) -> None:
        transcript = read_srt("- Ready?\n-Yes, all-in.", ">> NEWS: Good evening.", "- Alone")
        assert said(transcript) == [
            (None, "Ready?"),
            (None, "Yes, all-in."),
            ("NEWS", "Good evening."),
            (None, "Alone"),
        ]

    def test_an_empty_line_inside_a_cue_and_a_missing_one_between_cues_lose_nothing(self) -> None:
        data = b"1\n00:00:01,000 --> 00:00:02,000\nfirst\n\nsecond\n2\n00:00:03,000 --> 00:00:04,000\n1984\n"
        assert said(read_captions(data, filename="a.srt")) == [(None, "first second"), (None, "1984")]

    def test_an_arrow_in_the_text_is_text(self) -> None:
        assert said(read_srt("from a --> b\n10:30 -> 11:00")) == [(None, "from a --> b 10:30 -> 11:00")]

    def test_a_mistyped_arrow_between_times_is_understood(self) -> None:
        data = b"1\n00:00:01,000 -> 00:00:02,000\nx\n"
        assert said(read_captions(data, filename="a.srt")) == [(None, "x")]


class TestFormat:
    def test_content_goes_before_the_suffix(self) -> None:
        assert read_captions(vtt("00:01.000 --> 00:02.000\nx"), filename="x.srt").engine == "webvtt"
        assert read_captions(srt("x"), filename="x.vtt").engine == "subrip"

    def test_the_suffix_decides_where_the_first_line_is_missing(self) -> None:
        data = b"00:01.000 --> 00:02.000\n<unknown>x</unknown>\n"
        assert said(read_captions(data, filename="X.VTT")) == [(None, "x")]

    def test_the_source_is_what_the_caller_says(self) -> None:
        assert read_captions(srt("x"), filename="x.srt", source="embedded").source == "embedded"


class TestEncodings:
    @pytest.mark.parametrize(
        "encode",
        [
            str.encode,
            lambda text: codecs.BOM_UTF8 + text.encode(),
            lambda text: text.encode("utf-16"),
            lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
            lambda text: text.encode("utf-32"),
            lambda text: text.replace("\n", "\r\n").encode(),
            lambda text: text.replace("\n", "\r").encode(),
        ],
        ids=["utf-8", "with mark", "utf-16", "utf-16 big endian", "utf-32", "windows lines", "old mac lines"],
    )
    def test_unicode_is_read_without_a_note(self, encode: Callable[[str], bytes]) -> None:
        text = vtt("00:01.000 --> 00:02.000\nGrüße 😀").decode()
        transcript = read_captions(encode(text), filename="x.vtt")
        assert said(transcript) == [(None, "Grüße 😀")]
        assert transcript.notes == ()

    @pytest.mark.parametrize(
        ("encoding", "name", "text"),
        [
            ("cp1252", "windows-1252", "Ça va très bien, où étiez-vous hier soir ?"),
            ("cp1252", "windows-1252", "It’s fine – really."),
            ("cp1251", "windows-1251", "Привет, как дела сегодня? Всё хорошо, спасибо."),
            ("gb18030", "gb18030", "你好，今天天气怎么样？我们明天去公园散步吧。"),
            ("shift_jis", "Shift_JIS", "こんにちは、今日は天気がいいですね。"),
        ],
    )
    def test_other_encodings_are_detected_and_noted(self, encoding: str, name: str, text: str) -> None:
        transcript = read_captions(srt(text).decode().encode(encoding), filename="x.srt")
        assert said(transcript) == [(None, text)]
        assert transcript.notes == (f"The captions were not UTF-8; read as {name}.",)

    def test_control_characters_never_reach_the_text(self) -> None:
        transcript = read_srt("a\x1b[0m\x07b\x0bc &#0;&#1;d")
        assert said(transcript) == [(None, "a[0mb c \N{REPLACEMENT CHARACTER}d")]


class TestFaults:
    def test_malformed_cues_are_skipped_counted_and_the_first_is_named(self) -> None:
        transcript = read_vtt(
            "00:01.000 --> 00:02.000\ngood",
            "00:xx.000 --> 00:03.000\nbad time",
            "00:05.000 --> 00:04.000\nends before it starts",
            "00:75.000 --> 00:80.000\nno such second",
            "an orphan\nof two lines",
            "00:06.000 --> 00:07.000\nalso good",
        )
        assert said(transcript) == [(None, "good"), (None, "also good")]
        assert transcript.notes == ("4 malformed cues were skipped, the first at line 6.",)

    def test_a_malformed_subrip_cue_does_not_become_text_of_the_one_before(self) -> None:
        data = srt("one") + b"\n2\n00:00:0x,000 --> 00:00:03,000\ntwo\n\n3\n00:00:04\nthree\n\n" + srt("four")
        transcript = read_captions(data, filename="a.srt")
        assert said(transcript) == [(None, "one"), (None, "four")]
        assert transcript.notes[0] == "2 malformed cues were skipped, the first at line 6."

    @pytest.mark.parametrize(
        ("data", "code", "line"),
        [
            (b"", "captions_empty", None),
            (b" \r\n\t\n", "captions_empty", None),
            (b"WEBVTT\n\nNOTE nothing\n", "captions_empty", None),
            (b"1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n", "captions_empty", None),
            (b"\n\nDear Sir,\n\nthis is a letter\n", "captions_malformed", 3),
            (b"WEBVTT\n\n00:01.000 --> 00:xx.000\nx\n", "captions_malformed", 3),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "captions_binary", None),
            (b"PK\x03\x04\0\0\0\0rest", "captions_binary", None),
            (b"\0" * 100, "captions_binary", None),
        ],
    )
    def test_what_can_not_be_read_at_all_is_refused_with_a_reason(
        self, data: bytes, code: str, line: int | None
    ) -> None:
        with pytest.raises(BadCaptions) as refusal:
            read_captions(data, filename="a.srt")
        assert refusal.value.code == code
        assert refusal.value.facts.get("line") == line
        assert refusal.value.hint

    def test_a_file_over_the_limit_is_refused_unread(self) -> None:
        with pytest.raises(BadCaptions) as refusal:
            read_captions(b" " * (LIMITS.caption_bytes + 1), filename="a.vtt")
        assert refusal.value.code == "captions_too_large"

    def test_unordered_and_overlapping_cues_are_sorted_and_noted(self) -> None:
        transcript = read_vtt(
            "00:05.000 --> 00:06.000\nthird", "00:01.000 --> 00:04.000\nfirst", "00:02.000 --> 00:03.000\nsecond"
        )
        assert [s.text for s in transcript.segments] == ["first", "second", "third"]
        assert transcript.notes == ("1 caption begins before the one before it has ended.",)

    def test_cues_past_the_end_of_the_video_are_dropped_or_cut_and_noted(self) -> None:
        transcript = read_vtt(
            "00:01.000 --> 00:02.000\nin",
            "00:02.000 --> 00:09.000\nover<00:02.200> the<00:04.000> end",
            "00:08.000 --> 00:09.000\nout",
            "00:09.000 --> 00:10.000\nout",
            duration=2.5,
        )
        assert [(s.start, s.end, s.text) for s in transcript.segments] == [(1.0, 2.0, "in"), (2.0, 2.5, "over the end")]
        assert max(word.end for word in transcript.segments[1].words) == 2.5
        assert transcript.duration == 2.5
        assert transcript.notes == (
            "2 captions were left out: after the end of the video.",
            "1 caption was cut short at the end of the video.",
        )

    def test_captions_of_another_video_are_refused(self) -> None:
        with pytest.raises(BadCaptions) as refusal:
            read_vtt("10:00.000 --> 11:00.000\nx", duration=5)
        assert refusal.value.code == "captions_out_of_range"


class TestRolling:
    def test_words_of_rolling_captions_are_not_doubled(self) -> None:
        transcript = read_srt("hello there", "hello there\nhow are you", "how are you\nI am fine")
        assert transcript.text == "hello there how are you I am fine"
        assert transcript.notes == ("The captions roll; lines that were shown again are left out.",)

    def test_automatic_captions_with_word_times_are_read_once(self) -> None:
        transcript = read_vtt(
            "00:00.800 --> 00:02.869 align:start\n \nhi<00:01.040><c> everyone</c><00:01.920><c> today</c>",
            "00:02.869 --> 00:02.879\nhi everyone today\n ",
            "00:02.879 --> 00:04.070\nhi everyone today\nmodeling<00:03.360><c> a</c>",
            "00:04.070 --> 00:04.080\nmodeling a\n ",
            "00:04.080 --> 00:05.000\nmodeling a\nbasic",
        )
        assert [(s.start, s.end, s.text) for s in transcript.segments] == [
            (0.8, 2.869, "hi everyone today"),
            (2.879, 4.07, "modeling a"),
            (4.08, 5.0, "basic"),
        ]
        assert [(w.text, w.start) for w in transcript.segments[1].words] == [("modeling", 2.879), ("a", 3.36)]

    def test_three_rows_that_roll_are_read_once(self) -> None:
        transcript = read_srt("one", "one\ntwo", "one\ntwo\nthree", "two\nthree\nfour", "three\nfour\nfive")
        assert transcript.text == "one two three four five"

    def test_a_line_that_grows_word_by_word_is_read_once(self) -> None:
        transcript = read_srt("WE", "WE ARE", "WE ARE HERE", "WE ARE HERE NOW")
        assert transcript.text == "WE ARE HERE NOW"

    def test_people_who_say_a_thing_twice_are_heard_twice(self) -> None:
        said_twice = ["No.", "No.", "No. Never.", "Good.", "So we go.", "And then?", "Nothing.", "Nothing.\nAt all."]
        transcript = read_srt(*said_twice)
        assert transcript.text == "No. No. No. Never. Good. So we go. And then? Nothing. Nothing. At all."
        assert transcript.notes == ()


MEGABYTE = 1_000_000
HOSTILE = {
    "open brackets": "<" * 5 * MEGABYTE,
    "open tags": "<v a" * (MEGABYTE // 4),
    "ampersands": "&" * MEGABYTE,
    "a number without end": "&#" + "1" * MEGABYTE + ";",
    "open braces": "{\\" * (MEGABYTE // 2),
    "dashes": "- " * (MEGABYTE // 2),
    "chevrons": "x" + ">" * MEGABYTE,
    "spaces": " " * MEGABYTE + "x",
    "colons": "A:" * (MEGABYTE // 2),
    "lines": "x\n" * (MEGABYTE // 2),
    "arrows": "x\n" + "-->\n" * (MEGABYTE // 4),
    "dots": "." * MEGABYTE,
    "digits": "1" * MEGABYTE + " --> 2",
    "stamps": "a<00:00:01.000>" * 50_000,
    "voices": "<v A>x" * 50_000,
    "growing lines": "".join(f"{'a ' * n}\n\n00:00:01.000 --> 00:00:01.000\n" for n in range(1000)) + "x",
}


@pytest.mark.parametrize("suffix", ["vtt", "srt"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_in_time(name: str, suffix: str) -> None:
    head = "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\n" if suffix == "vtt" else "1\n00:00:00,000 --> 00:00:09,000\n"
    transcript = read_captions((head + HOSTILE[name]).encode(), filename=f"a.{suffix}")
    assert transcript.segments


def test_a_crowd_of_cues_is_refused_before_it_costs_memory() -> None:
    crowd = "WEBVTT\n\n" + "00:01 --> 00:02\nx\n\n" * 100_001
    with pytest.raises(BadCaptions) as caught:
        read_captions(crowd.encode(), filename="crowd.vtt")
    assert caught.value.code == "captions_too_large"

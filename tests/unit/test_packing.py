from __future__ import annotations

from collections.abc import Sequence

import pytest

from video_pipeline.transcripts.model import Segment, Transcript, Word
from video_pipeline.transcripts.packing import pack
from video_pipeline.transcripts.sentences import ends_sentence, sentences


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    return [len("".join(text.split())) for text in texts]


def transcript(*said: tuple[str, str | None] | str) -> Transcript:
    """Segments of one second each."""
    segments = []
    for second, each in enumerate(said):
        text, speaker = (each, None) if isinstance(each, str) else each
        segments.append(Segment(start=second, end=second + 1, text=text, speaker=speaker))
    return Transcript(segments=tuple(segments), source="import")


def texts(given: Transcript, *, budget: int, minimum: int = 0) -> list[str]:
    return [passage.text for passage in pack(given, words, budget=budget, minimum=minimum)]


def test_segments_stay_whole_and_fill_the_budget() -> None:
    assert texts(transcript("a b.", "c d.", "e f.", "g h."), budget=4) == ["a b. c d.", "e f. g h."]


def test_a_passage_knows_its_words_times_speakers_and_tokens() -> None:
    (passage,) = pack(transcript(("a b", "Ann"), ("c", "Bo"), ("d", "Ann"), ("e", "Ann")), words, budget=9, minimum=0)
    assert passage.text == "a b\nc\nd e"
    assert (passage.start, passage.end, passage.tokens, passage.speakers) == (0, 4, 5, ("Ann", "Bo"))
    assert [(passage.text[t.first : t.last], t.start, t.end, t.speaker) for t in passage.timings] == [
        ("a b", 0, 1, "Ann"),
        ("c", 1, 2, "Bo"),
        ("d", 2, 3, "Ann"),
        ("e", 3, 4, "Ann"),
    ]


def test_a_passage_prefers_to_end_with_a_sentence() -> None:
    assert texts(transcript("a b c", "d e f.", "g h", "i j"), budget=9) == ["a b c d e f.", "g h i j"]


def test_a_passage_prefers_to_end_where_the_speaker_changes() -> None:
    said = [("a b c", "Ann"), ("d e f", "Ann"), ("g h", "Bo"), ("i j", "Bo")]
    assert texts(transcript(*said), budget=9) == ["a b c d e f", "g h i j"]


def test_the_end_of_a_sentence_goes_before_a_change_of_speaker() -> None:
    said = [("a b c.", "Ann"), ("d", "Ann"), ("e", "Bo"), ("f g", "Bo")]
    assert texts(transcript(*said), budget=5) == ["a b c.", "d\ne f g"]


def test_no_better_end_is_worth_half_of_the_budget() -> None:
    assert texts(transcript("a b.", "c d e", "f g h", "i j"), budget=8) == ["a b. c d e f g h", "i j"]


def test_a_small_passage_joins_a_neighbour_that_has_room() -> None:
    said = transcript("aa bb cc dd ee ff.", "gg hh ii", "jj kk ll mm nn oo pp qq")
    assert texts(said, budget=10, minimum=4) == ["aa bb cc dd ee ff. gg hh ii", "jj kk ll mm nn oo pp qq"]
    assert texts(said, budget=10, minimum=3) == ["aa bb cc dd ee ff.", "gg hh ii", "jj kk ll mm nn oo pp qq"]


def test_a_small_passage_stays_alone_where_no_neighbour_has_room() -> None:
    said = transcript("aa bb cc dd.", "ee ff gg hh ii jj", "kk")
    assert texts(said, budget=6, minimum=2) == ["aa bb cc dd.", "ee ff gg hh ii jj", "kk"]


def test_a_long_segment_is_cut_at_sentence_ends() -> None:
    long = "We met Mr. Lee. He paid 3.50 at example.com! (Really?) Yes"
    assert texts(transcript(long), budget=5) == ["We met Mr. Lee.", "He paid 3.50 at example.com!", "(Really?) Yes"]


def test_a_long_sentence_is_cut_between_words_and_its_parts_share_its_time() -> None:
    segment = Segment(start=10, end=20, text="aaaa bbbb cccc dddd", speaker="Ann")
    passages = pack(Transcript(segments=(segment,), source="import"), words, budget=2, minimum=0)
    assert [(p.text, p.start, p.end) for p in passages] == [
        ("aaaa bbbb", 10.0, 14.737),
        ("cccc dddd", 15.263, 20.0),
    ]
    assert all(timing.speaker == "Ann" for passage in passages for timing in passage.timings)


def test_the_parts_of_a_long_segment_with_word_times_have_exact_times() -> None:
    spoken = tuple(Word(text=word, start=n * 2, end=n * 2 + 1) for n, word in enumerate("abcde"))
    segment = Segment(start=0, end=9, text="a b c d e", words=spoken)
    passages = pack(Transcript(segments=(segment,), source="import"), words, budget=2, minimum=0)
    assert [(p.text, p.start, p.end, len(p.timings)) for p in passages] == [
        ("a b", 0, 3, 2),
        ("c d", 4, 7, 2),
        ("e", 8, 9, 1),
    ]


def test_a_word_over_budget_stays_whole_and_alone() -> None:
    huge = "x" * 10_000
    passages = pack(transcript("a", huge, "b"), characters, budget=10, minimum=5)
    assert [(p.text, p.tokens) for p in passages] == [("a", 1), (huge, 10_000), ("b", 1)]


def test_chinese_is_cut_after_sentences_then_between_characters() -> None:
    said = "我们明天去公园。今天天气怎么样？" + "一二三四五六七八九十" * 3
    passages = pack(transcript(said), characters, budget=12, minimum=0)
    assert [p.text for p in passages] == [
        "我们明天去公园。",
        "今天天气怎么样？",
        "一二三四五六七八九十一二",
        "三四五六七八九十一二三四",
        "五六七八九十",
    ]
    assert [p.start for p in passages] == sorted(p.start for p in passages)


def test_sentences_of_one_chinese_segment_meet_without_a_space() -> None:
    said = "我们明天去公园。今天天气好。" + "一二三四五六七八九十一二三四五"
    passages = pack(transcript(said), characters, budget=15, minimum=0)
    assert passages[0].text == "我们明天去公园。今天天气好。"


def test_letters_that_count_for_more_together_are_cut_until_they_fit() -> None:
    def squares(texts: Sequence[str]) -> list[int]:
        return [sum(len(word) ** 2 for word in text.split()) for text in texts]

    passages = pack(transcript("一二三四五六七八九十" * 3), squares, budget=16, minimum=10)
    assert "".join(p.text for p in passages) == "一二三四五六七八九十" * 3
    assert [p.tokens for p in passages] == squares([p.text for p in passages])
    assert all(p.tokens <= 16 for p in passages)


def test_a_thai_vowel_sign_stays_with_its_letter() -> None:
    passages = pack(transcript("สวัสดีครับวันนี้อากาศดีมากเลย"), characters, budget=7, minimum=0)
    assert "".join(p.text for p in passages) == "สวัสดีครับวันนี้อากาศดีมากเลย"
    assert all(p.text[0] not in "ัีี้่าิ" for p in passages)
    assert all(p.text[-1] not in "เแโใไ" for p in passages)


def test_words_are_found_in_a_text_that_is_written_without_spaces() -> None:
    spoken = (Word(text="你好", start=0, end=1), Word(text=" 世界", start=1, end=2), Word(text=" ", start=2, end=2))
    segment = Segment(start=0, end=3, text="你好世界", words=spoken)
    (passage,) = pack(Transcript(segments=(segment,), source="import"), characters, budget=9, minimum=0)
    assert [(t.first, t.last, t.start, t.end) for t in passage.timings] == [(0, 2, 0, 1), (2, 4, 1, 2)]


def test_words_that_are_not_those_of_the_text_give_way_to_it() -> None:
    segment = Segment(start=0, end=3, text="what was said", words=(Word(text="else", start=1, end=2),))
    (passage,) = pack(Transcript(segments=(segment,), source="import"), words, budget=9, minimum=0)
    assert passage.text == "what was said"
    assert [(t.start, t.end) for t in passage.timings] == [(0, 3)]


def test_overlapping_segments_are_covered_from_first_to_last_second() -> None:
    segments = (Segment(start=0, end=9, text="a"), Segment(start=1, end=2, text="b"))
    (passage,) = pack(Transcript(segments=segments, source="import"), words, budget=9, minimum=0)
    assert (passage.start, passage.end) == (0, 9)


@pytest.mark.parametrize("said", [[], [""], [" \n\t", "\u2028"]])
def test_nothing_said_gives_no_passages(said: list[str]) -> None:
    assert pack(transcript(*said), words, budget=9, minimum=3) == []


def test_five_hours_are_packed_with_every_word_in_order() -> None:
    spoken = tuple(f"word{n}{'.' if n % 12 == 11 else ''}" for n in range(45_000))
    segments = tuple(
        Segment(start=n * 4, end=n * 4 + 4, text=" ".join(spoken[n * 10 : n * 10 + 10])) for n in range(4500)
    )
    passages = pack(Transcript(segments=segments, source="import"), words, budget=100, minimum=20)
    assert [word for passage in passages for word in passage.text.split()] == list(spoken)
    assert passages[-1].end == 18_000
    assert all(20 <= passage.tokens <= 100 for passage in passages)


def test_each_segment_is_counted_in_one_call() -> None:
    calls: list[Sequence[str]] = []

    def counter(asked: Sequence[str]) -> list[int]:
        calls.append(asked)
        return words(asked)

    pack(transcript("a b", "c d", "e"), counter, budget=3, minimum=0)
    assert calls == [["a b", "c d", "e"]]


@pytest.mark.parametrize(
    "text", ["End.", 'He said "no."', "What?!", "So …", "终。", "(Done.)", "3.", "etc.", "No.", "So do I.", "plan b."]
)
def test_sentences_end(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["", " ", "word", "Mr.", "by J.", "e.g.", "a,", "(i.e.", "”"])
def test_other_texts_do_not_end_a_sentence(text: str) -> None:
    assert not ends_sentence(text)


def test_sentences_of_hostile_punctuation_are_found_in_time() -> None:
    for text in ("." * 1_000_000, '."' * 500_000, "。" * 1_000_000, ")" * 1_000_000 + "."):
        assert list(sentences(text)) == [(0, len(text))] or text[0] == "。"


def test_what_files_call_speakers_and_languages_is_made_fit_to_show() -> None:
    from video_pipeline.transcripts.model import Segment, Transcript

    segment = Segment(start=0, end=1, text="x", speaker="A\x1b[2Jnn" + "n" * 500)
    assert segment.speaker is not None
    assert segment.speaker.startswith("A[2Jnn")
    assert len(segment.speaker) == 200
    for given, kept in (
        ("en-GB", "en-GB"),
        ("\0", None),
        ("x" * 900, None),
        ("zh-Hans-CN", "zh-Hans-CN"),
        (None, None),
    ):
        assert Transcript(segments=(), language=given, source="import").language == kept

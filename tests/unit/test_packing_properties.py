"""What must hold for any transcript, tried on many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.language.minilm_files import TOKENIZER, model_file
from video_pipeline.language.tokens import WordPieceCounter
from video_pipeline.transcripts.model import Passage, Segment, Transcript, Word
from video_pipeline.transcripts.packing import pack

LATIN = ["so", "well,", "the", "budget", "is", "fine.", "Really?", "Mr.", "Lee", "3.14", "unbelievableness", '"Yes!"']
UNSEGMENTED = [
    "今日は天気がいいですね。",
    "我们明天去公园散步吧",
    "会議は終わりました！次は",
    "ภาษาไทยไม่มีช่องว่าง",
    "がぎぐ",
]
ODD = ["x" * 300, "[SEP]", "a\u0301e\u0301", "😀", "\u200b", "--", "。。。", "..."]


def by_characters(texts: Sequence[str]) -> list[int]:
    """A token for each four characters of a word, begun or full."""
    return [sum((len(word) + 3) // 4 for word in text.split()) for text in texts]


@pytest.fixture(scope="module")
def word_pieces() -> WordPieceCounter:
    return WordPieceCounter(model_file(TOKENIZER))


@st.composite
def transcripts(draw: st.DrawFn, words: Sequence[str]) -> Transcript:
    """Segments one after the other, now and then with a pause, without text, or with a time for each word."""
    segments: list[Segment] = []
    clock = 0
    for _ in range(draw(st.integers(0, 12))):
        said = draw(st.lists(st.sampled_from(words), max_size=draw(st.sampled_from([3, 40]))))
        space = draw(st.sampled_from([" ", "  ", "\n"]))
        begin = clock + draw(st.integers(0, 3000))
        clock = begin + draw(st.sampled_from([0, 10, 400])) * len(said)
        each = (clock - begin) // max(1, len(said))
        timed = tuple(
            Word(text=word, start=(begin + n * each) / 1000, end=(begin + (n + 1) * each) / 1000)
            for n, word in enumerate(said)
        )
        segments.append(
            Segment(
                start=begin / 1000,
                end=clock / 1000,
                text=space.join(said),
                speaker=draw(st.sampled_from([None, "Ann", "Bo"])),
                words=timed if draw(st.booleans()) else (),
            )
        )
    return Transcript(segments=tuple(segments), source="import")


budgets = st.integers(4, 60)
spaced = transcripts([*LATIN, *ODD])
mixed = transcripts([*LATIN, *ODD, *UNSEGMENTED])


def bare(text: str) -> str:
    return "".join(text.split())


@given(spaced, budgets, st.integers(0, 20))
def test_every_word_is_in_exactly_one_passage_and_in_order(transcript: Transcript, budget: int, minimum: int) -> None:
    passages = pack(transcript, by_characters, budget=budget, minimum=minimum)
    assert [word for passage in passages for word in passage.text.split()] == transcript.text.split()
    assert [passage.position for passage in passages] == list(range(len(passages)))
    assert all(passage.text.strip() for passage in passages)


@given(mixed, budgets, st.integers(0, 20))
def test_no_character_is_lost_where_words_are_not_told_apart(transcript: Transcript, budget: int, minimum: int) -> None:
    passages = pack(transcript, by_characters, budget=budget, minimum=minimum)
    assert bare("".join(passage.text for passage in passages)) == bare(transcript.text)


@given(spaced, budgets, st.integers(0, 20))
def test_no_passage_is_over_budget_but_a_single_word(transcript: Transcript, budget: int, minimum: int) -> None:
    for passage in pack(transcript, by_characters, budget=budget, minimum=minimum):
        assert passage.tokens == by_characters([passage.text])[0]
        assert passage.tokens <= budget or len(passage.text.split()) == 1


@given(transcript=mixed, budget=budgets, minimum=st.integers(0, 20))
def test_tokens_are_those_of_the_real_tokenizer(
    word_pieces: WordPieceCounter, transcript: Transcript, budget: int, minimum: int
) -> None:
    for passage in pack(transcript, word_pieces.count, budget=budget, minimum=minimum):
        assert passage.tokens == word_pieces.count([passage.text])[0]
        assert passage.tokens <= budget or len(passage.text.split()) == 1


@given(spaced, budgets)
def test_small_passages_stay_alone_only_where_no_neighbour_has_room(transcript: Transcript, budget: int) -> None:
    passages = pack(transcript, by_characters, budget=budget, minimum=budget // 2)
    for first, second in pairwise(passages):
        assert first.tokens + second.tokens > budget or min(first.tokens, second.tokens) >= budget // 2


def check_timings(passage: Passage) -> None:
    covered = 0
    for timing in passage.timings:
        assert passage.text[covered : timing.first].strip() == ""
        assert covered <= timing.first < timing.last
        assert passage.start <= timing.start <= timing.end <= passage.end
        covered = timing.last
    assert covered == len(passage.text)


@given(mixed, budgets, st.integers(0, 20))
def test_timings_cover_the_text_in_order_of_time(transcript: Transcript, budget: int, minimum: int) -> None:
    passages = pack(transcript, by_characters, budget=budget, minimum=minimum)
    timings = [timing for passage in passages for timing in passage.timings]
    for passage in passages:
        check_timings(passage)
        assert (passage.start, passage.end) == (passage.timings[0].start, passage.timings[-1].end)
    for before, after in pairwise(timings):
        assert before.end <= after.start


@given(mixed, budgets)
def test_times_lie_inside_a_segment_that_holds_the_words(transcript: Transcript, budget: int) -> None:
    for passage in pack(transcript, by_characters, budget=budget, minimum=0):
        for timing in passage.timings:
            said = bare(passage.text[timing.first : timing.last])
            assert any(
                segment.start <= timing.start and timing.end <= segment.end and segment.speaker == timing.speaker
                for segment in transcript.segments
                if said in bare(segment.text)
            )


@given(spaced, budgets)
def test_a_time_for_each_word_is_kept_as_it_is(transcript: Transcript, budget: int) -> None:
    timed = transcript.model_copy(update={"segments": tuple(s for s in transcript.segments if s.words)})
    passages = pack(timed, by_characters, budget=budget, minimum=0)
    found = [(p.text[t.first : t.last], t.start, t.end) for p in passages for t in p.timings]
    assert found == [(word.text, word.start, word.end) for segment in timed.segments for word in segment.words]


@given(mixed, budgets)
def test_passages_are_valid_and_survive_json(transcript: Transcript, budget: int) -> None:
    for passage in pack(transcript, by_characters, budget=budget, minimum=0):
        assert Passage.model_validate_json(passage.model_dump_json()) == passage


@given(mixed, budgets, st.integers(0, 20))
def test_the_same_transcript_gives_the_same_passages(transcript: Transcript, budget: int, minimum: int) -> None:
    first = pack(transcript, by_characters, budget=budget, minimum=minimum)
    assert pack(transcript, by_characters, budget=budget, minimum=minimum) == first

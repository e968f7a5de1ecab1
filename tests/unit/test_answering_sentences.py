from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.sentences import sentences
from video_pipeline.transcripts.model import Passage, Timing


def spoken(turns: list[tuple[str | None, str]], *, pauses: dict[int, float] | None = None) -> Passage:
    """A passage with a timing for each word, half a second long; `pauses` before some words."""
    timings, at, now, number = [], 0, 10.0, 0
    for speaker, words in turns:
        for word in words.split():
            now += (pauses or {}).get(number, 0.0)
            timings.append(Timing(first=at, last=at + len(word), start=now, end=now + 0.5, speaker=speaker))
            at, now, number = at + len(word) + 1, now + 0.5, number + 1
    text = " ".join(words for _, words in turns)
    speakers = tuple(dict.fromkeys(speaker for speaker, _ in turns if speaker))
    end = max((timing.end for timing in timings), default=10.0)
    return Passage(position=0, text=text, start=10.0, end=end, tokens=9, speakers=speakers, timings=tuple(timings))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        (
            "Dr. Smith met J. F. Kennedy. So did I. Then e.g. rain.",
            ["Dr. Smith met J. F. Kennedy.", "So did I.", "Then e.g. rain."],
        ),
        ("It went... and stopped. It cost 3.5 percent.", ["It went... and stopped.", "It cost 3.5 percent."]),
        ('"Really?" she said. "Yes."', ['"Really?" she said.', '"Yes."']),
        ("how are you? fine thanks", ["how are you?", "fine thanks"]),
        ("私は学生です。あなたは？はい！", ["私は学生です。", "あなたは？", "はい！"]),
        ("هل أنت بخير؟ نعم.", ["هل أنت بخير؟", "نعم."]),
        ("यह है। वह था।", ["यह है।", "वह था।"]),
        ("no marks at all", ["no marks at all"]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_end_where_the_marks_of_their_script_say(text: str, expected: list[str]) -> None:
    assert [each.text for each in sentences(spoken([(None, text)]))] == expected


def test_a_sentence_has_the_times_of_its_first_and_last_word() -> None:
    passage = spoken([("ann", "One two. Three four five. Six.")])
    assert [(each.start, each.end) for each in sentences(passage)] == [(10.0, 11.0), (11.0, 12.5), (12.5, 13.0)]


def test_a_quote_has_one_speaker() -> None:
    found = sentences(spoken([("ann", "we should go"), ("bob", "yes let us. Now.")]))
    assert [(each.speaker, each.text) for each in found] == [
        ("ann", "we should go"),
        ("bob", "yes let us."),
        ("bob", "Now."),
    ]


def test_words_without_marks_are_cut_at_the_longest_pause_near_the_middle() -> None:
    words = " ".join(f"word{number:03d}" for number in range(60))
    found = sentences(spoken([(None, words)], pauses={5: 9.0, 26: 2.0}))
    assert found[0].text.endswith("word025")
    assert found[1].text.startswith("word026")
    assert all(100 < len(each.text) <= 320 for each in found)


def test_with_times_of_whole_segments_a_sentence_has_those_it_touches() -> None:
    text = "It begins here and goes on. Then ends."
    timings = (Timing(first=0, last=14, start=1, end=2), Timing(first=15, last=38, start=3, end=4))
    passage = Passage(position=0, text=text, start=1, end=4, tokens=9, timings=timings)
    assert [(each.start, each.end) for each in sentences(passage)] == [(1, 4), (3, 4)]


def test_without_times_a_sentence_has_those_of_its_passage() -> None:
    passage = Passage(position=0, text="One. Two.", start=5, end=9, tokens=2, speakers=("ann",))
    assert [(each.start, each.end, each.speaker) for each in sentences(passage)] == [(5, 9, "ann"), (5, 9, "ann")]


turns = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", None]), st.text(alphabet="ab. ?!。’'”\n", max_size=400)), max_size=5
)


@given(turns)
def test_every_character_but_blanks_is_in_exactly_one_sentence(spoken_turns: list[tuple[str | None, str]]) -> None:
    passage = spoken([(speaker, " ".join(words.split())) for speaker, words in spoken_turns])
    found = sentences(passage)
    assert "".join("".join(each.text.split()) for each in found) == "".join(passage.text.split())
    assert all(each.text == passage.text[each.first : each.last] and each.text.strip() == each.text for each in found)
    assert all(passage.start <= each.start <= each.end <= passage.end for each in found)

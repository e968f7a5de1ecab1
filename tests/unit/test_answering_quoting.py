from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.quoting import quotes
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
        ("We begin at one. It ends at two! Are there any questions? I have none…", 4),
        ("Dr. Smith met J. F. Kennedy there. So did I, you know. Then it rained, e.g. in May.", 3),
        ("It went on... and then stopped. It cost me 3.5 percent. See example.com for the rest.", 3),
        ('"Is that really so?" she said to him. "Yes, it is so."', 2),
        ("how are you today? i am fine thanks", 2),
        ("私は学生です。あなたは？はい！", 3),
        ("هل أنت بخير في هذا اليوم؟ نعم أنا بخير شكرا.", 2),
        ("यह एक अच्छा दिन है। वह एक बुरा दिन था।", 2),
        ("no marks at all are here", 1),
        ("   ", 0),
        ("", 0),
    ],
)
def test_sentences_end_where_the_marks_of_their_script_say(text: str, expected: int) -> None:
    assert len(quotes(spoken([(None, " ".join(text.split()))]))) == expected


def test_a_mere_scrap_goes_with_what_the_same_speaker_says_next() -> None:
    found = quotes(
        spoken([("ann", "And the office. We move to the harbor in May."), ("bob", "Good."), ("ann", "Yes.")])
    )
    assert [each.text for each in found] == ["And the office. We move to the harbor in May.", "Good.", "Yes."]


def test_a_sentence_has_the_times_of_its_first_and_last_word() -> None:
    passage = spoken([("ann", "One two three four. Five six seven eight nine.")])
    assert [(each.start, each.end) for each in quotes(passage)] == [(10.0, 12.0), (12.0, 14.5)]


def test_a_quote_has_one_speaker() -> None:
    found = quotes(spoken([("ann", "we should go"), ("bob", "yes let us go. Right now, I mean.")]))
    assert [(each.speaker, each.text) for each in found] == [
        ("ann", "we should go"),
        ("bob", "yes let us go."),
        ("bob", "Right now, I mean."),
    ]


def test_words_without_marks_are_cut_at_the_longest_pause_near_the_middle() -> None:
    words = " ".join(f"word{number:03d}" for number in range(60))
    found = quotes(spoken([(None, words)], pauses={5: 9.0, 26: 2.0}))
    assert found[0].text.endswith("word025")
    assert found[1].text.startswith("word026")
    assert all(100 < len(each.text) <= 320 for each in found)


def test_with_times_of_whole_segments_a_sentence_has_those_it_touches() -> None:
    text = "It begins here and goes on. Then it all ends."
    timings = (Timing(first=0, last=14, start=1, end=2), Timing(first=15, last=45, start=3, end=4))
    passage = Passage(position=0, text=text, start=1, end=4, tokens=9, timings=timings)
    assert [(each.start, each.end) for each in quotes(passage)] == [(1, 4), (3, 4)]


def test_without_times_a_sentence_has_those_of_its_passage() -> None:
    passage = Passage(
        position=0, text="One of them came. Two of them stayed.", start=5, end=9, tokens=2, speakers=("ann",)
    )
    assert [(each.start, each.end, each.speaker) for each in quotes(passage)] == [(5, 9, "ann"), (5, 9, "ann")]


turns = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", None]), st.text(alphabet="ab. ?!。’'”\n", max_size=400)), max_size=5
)


@given(turns)
def test_every_character_but_blanks_is_in_exactly_one_sentence(spoken_turns: list[tuple[str | None, str]]) -> None:
    passage = spoken([(speaker, " ".join(words.split())) for speaker, words in spoken_turns])
    found = quotes(passage)
    assert "".join("".join(each.text.split()) for each in found) == "".join(passage.text.split())
    assert all(each.text == passage.text[each.first : each.last] and each.text.strip() == each.text for each in found)
    assert all(passage.start <= each.start <= each.end <= passage.end for each in found)

from __future__ import annotations

from video_pipeline.transcripts.model import Passage, Timing, primary_tag
from video_pipeline.transcripts.rendering import labelled
from video_pipeline.transcripts.scripts import paired


def a_passage(*turns: tuple[str | None, str]) -> Passage:
    text, timings = "", []
    for speaker, said in turns:
        text += "\n" if text else ""
        timings.append(Timing(len(text), len(text) + len(said), 0.0, 1.0, speaker))
        text += said
    speakers = tuple(dict.fromkeys(speaker for speaker, _ in turns if speaker))
    return Passage(position=0, text=text, start=0, end=1, tokens=9, speakers=speakers, timings=tuple(timings))


def test_each_turn_is_a_line_with_its_speaker() -> None:
    passage = a_passage(("Ann", "We ship."), ("Ann", "In March."), ("Bob", "Fine."), (None, "Noise."), ("Ann", "Good."))
    assert labelled(passage) == "Ann: We ship.\nIn March.\nBob: Fine.\nNoise.\nAnn: Good."


def test_text_without_speakers_stays_as_it_is() -> None:
    assert labelled(a_passage((None, "We ship."))) == "We ship."


def test_speakers_whose_words_are_not_told_apart_are_named_once() -> None:
    passage = a_passage(("Ann", "We ship.")).model_copy(update={"timings": (), "speakers": ("Ann", "Bob")})
    assert labelled(passage) == "Ann, Bob: We ship."


def test_scripts_without_blanks_become_pairs_and_others_stay() -> None:
    assert paired("The budget.") == "The budget."
    assert paired("予算は増える in 2026").split() == ["予算", "算は", "は増", "増え", "える", "in", "2026"]
    assert paired("字").split() == ["字"]


def test_a_language_is_the_first_part_of_its_tag() -> None:
    assert [primary_tag(each) for each in ("en", "EN-gb", "zh_Hant_TW", None, "")] == ["en", "en", "zh", None, None]

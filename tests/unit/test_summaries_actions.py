from __future__ import annotations

import pytest

from tests.unit.meetings import timed
from video_pipeline.summaries.actions import action_items, named_in
from video_pipeline.summaries.document import ActionItem
from video_pipeline.summaries.spoken import Spoken

SPEAKERS = ("Ann Miller", "Bob", "Project Manager")


def found(text: str, speaker: str = "Ann Miller") -> list[ActionItem]:
    return action_items(Spoken(timed([(speaker, text)])).sentences, SPEAKERS)


@pytest.mark.parametrize(
    ("text", "owner", "due"),
    [
        ("I'll send you the figures by Friday.", "Ann Miller", "by Friday"),
        ("I will also write the report tomorrow.", "Ann Miller", "tomorrow"),
        ("Bob will prepare the slides for the board.", "Bob", None),
        ("Could you please check the contract before next week?", None, "next week"),
        ("I'd like you to work on the basic look and feel.", None, None),
        ("Action item: somebody calls the bank about the loan.", None, None),
        ("Ich schicke euch das Protokoll bis Freitag.", "Ann Miller", "bis Freitag"),
        ("Kannst du bitte die Zahlen noch einmal prüfen?", None, None),
        ("Je vais préparer la présentation pour demain.", "Ann Miller", "demain"),
        ("Voy a enviar el informe antes del lunes.", "Ann Miller", "antes del lunes"),
    ],
)
def test_a_commitment_names_its_doer_and_its_day_as_far_as_they_were_said(
    text: str, owner: str | None, due: str | None
) -> None:
    (item,) = found(text)
    assert item.owner == owner
    assert item.quote.text == text
    assert (due is None and item.due is None) or (item.due is not None and due is not None and due in item.due)


@pytest.mark.parametrize(
    "text",
    [
        "I'll say that the weather was fine last week.",
        "If I send you the figures, will you read them at all?",
        "The budget will bring more money to the schools.",
        "It will add some weight to the whole thing.",
        "We sent the figures to the bank last Friday.",
        "For example, I will write a letter to the king.",
        "I'll call.",
        "Can you hear me now, is it better like this?",
    ],
)
def test_talk_about_work_is_no_commitment(text: str) -> None:
    assert found(text) == []


def test_of_many_those_with_a_day_are_kept_and_all_stand_in_order_of_time() -> None:
    turns = [("Ann Miller", f"I will write letter number {at} to the bank.") for at in range(40)]
    turns.append(("Bob", "I will send the contract to the bank by Friday."))
    items = action_items(Spoken(timed(turns)).sentences, SPEAKERS)
    assert len(items) == 20
    assert items[-1].owner == "Bob"
    starts = [item.quote.start for item in items]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("name", "speaker"),
    [
        ("ann", "Ann Miller"),
        ("Miller", "Ann Miller"),
        ("bob", "Bob"),
        ("Zoe", None),
        ("", None),
        ("manager", SPEAKERS[2]),
    ],
)
def test_a_name_is_matched_with_the_one_speaker_who_bears_it(name: str, speaker: str | None) -> None:
    assert named_in(name, SPEAKERS) == speaker

"""What is said in the samples, by whom, in which chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Speaker:
    """`voice` is one of Flite's."""

    name: str
    role: str
    voice: str


MARIA: Final = Speaker("Maria Keller", "Managing director", "slt")
DANIEL: Final = Speaker("Daniel Okafor", "Head of finance", "rms")
NOBODY: Final = Speaker("", "", "rms")


@dataclass(frozen=True)
class Chapter:
    title: str
    colour: tuple[int, int, int]
    lines: tuple[tuple[Speaker, str], ...]


TOWN_HALL: Final = (
    Chapter(
        "The launch",
        (24, 58, 92),
        (
            (MARIA, "Good morning everyone, and welcome to the spring town hall."),
            (MARIA, "I have four topics today: the launch, the budget, hiring, and our new office."),
            (MARIA, "First, the launch. Lighthouse goes live on Tuesday, April fourteenth."),
            (MARIA, "Two hundred customers in Lisbon tried it, and ninety-one percent want to keep it."),
        ),
    ),
    Chapter(
        "The budget",
        (96, 58, 20),
        (
            (MARIA, "Daniel, how do the numbers look?"),
            (DANIEL, "Thank you, Maria. The budget for this year is three point two million euros."),
            (DANIEL, "That is twelve percent more than last year. Most of it goes to customer support."),
        ),
    ),
    Chapter(
        "Hiring",
        (84, 30, 62),
        (
            (DANIEL, "Hiring is frozen until the end of June. Only the two open support roles are exempt."),
            (MARIA, "One question from the chat: does the freeze include the interns?"),
            (DANIEL, "No. Our six summer interns will start on July first, as planned."),
        ),
    ),
    Chapter(
        "The new office",
        (22, 82, 58),
        (
            (MARIA, "And the office. We move to the old harbor building on May twentieth."),
            (DANIEL, "Boxes arrive a week before. Please pack your desk by Friday, May fifteenth."),
            (MARIA, "If you remember one thing: we launch on April fourteenth. Thank you all."),
        ),
    ),
)
REMINDER: Final = (
    Chapter(
        "Before the workshop",
        (40, 44, 84),
        (
            (NOBODY, "Please remember to close the windows before you leave the building tonight."),
            (NOBODY, "The meeting on Thursday starts at nine in the morning and ends before lunch."),
            (NOBODY, "Bring your laptop and a list of open questions."),
        ),
    ),
)
DRILL: Final = (
    Chapter(
        "Fire drill",
        (120, 40, 30),
        (
            (MARIA, "When the alarm sounds, leave by the nearest stairs."),
            (MARIA, "The meeting point is the bicycle shed behind the house."),
        ),
    ),
)
MEMO: Final = (
    Chapter(
        "",
        (0, 0, 0),
        (
            (DANIEL, "Note to myself. Call the printer about the invitations."),
            (
                DANIEL,
                "We need two hundred copies on recycled paper, and they have to be here before the eighth of May.",
            ),
        ),
    ),
)

"""QMSum (Zhong et al., 2021; https://github.com/Yale-LILY/QMSum, MIT licence): meetings, questions, answering turns.

The data is not part of this project. A folder holds `train`, `val` and `test` with a JSON file for each meeting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from video_pipeline.errors import BadInput
from video_pipeline.transcripts.json_format import write_json
from video_pipeline.transcripts.model import Segment, Transcript

# The transcripts name no times; this is the clock they get: 150 words a minute.
SECONDS_PER_WORD: Final = 0.4

Range = tuple[int, int]
"""Words of a meeting, by number, without the last."""


@dataclass(frozen=True)
class Turn:
    speaker: str
    text: str
    words: Range


@dataclass(frozen=True)
class Meeting:
    name: str
    turns: tuple[Turn, ...]

    @property
    def size(self) -> int:
        """In words."""
        return self.turns[-1].words[1] if self.turns else 0

    def transcript(self) -> bytes:
        """As the product takes it: every turn said, one word after the other."""
        segments = [
            Segment(
                start=round(turn.words[0] * SECONDS_PER_WORD, 3),
                end=round(turn.words[1] * SECONDS_PER_WORD, 3),
                text=turn.text,
                speaker=turn.speaker or None,
            )
            for turn in self.turns
            if turn.text
        ]
        return write_json(Transcript(segments=tuple(segments), language="en", source="import", quality="captions"))


@dataclass(frozen=True)
class Asked:
    """A question about one meeting. `gold`: what answers it, disjoint and in order."""

    meeting: str
    query: str
    gold: tuple[Range, ...]


def load(folder: Path, split: str) -> tuple[dict[str, Meeting], list[Asked]]:
    """The meetings of a split by name, and the questions whose answers lie in certain turns of them."""
    files = sorted((folder / split).glob("*.json"))
    if not files:
        raise BadInput(
            "qmsum_missing",
            f"There are no meetings in {folder / split}.",
            hint="Name QMSum's folder `data/ALL`: https://github.com/Yale-LILY/QMSum",
        )
    meetings: dict[str, Meeting] = {}
    asked: list[Asked] = []
    for file in files:
        try:
            document = json.loads(file.read_bytes())
            meeting = Meeting(file.stem, tuple(_turns(document["meeting_transcripts"])))
            asked += _questions(meeting, document["specific_query_list"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise BadInput("qmsum_unreadable", f"{file} is not a meeting of QMSum: {error!r}.") from error
        meetings[meeting.name] = meeting
    return meetings, asked


def _turns(documents: Iterable[Mapping[str, Any]]) -> Iterable[Turn]:
    at = 0
    for each in documents:
        words = each["content"].split()
        yield Turn(each["speaker"].strip(), " ".join(words), (at, at + len(words)))
        at += len(words)


def _questions(meeting: Meeting, documents: Iterable[Mapping[str, Any]]) -> Iterable[Asked]:
    for each in documents:
        gold = _merged(_words(meeting, span) for span in each["relevant_text_span"])
        if gold:
            yield Asked(meeting.name, each["query"].strip(), gold)


def _words(meeting: Meeting, span: Sequence[Any]) -> Range:
    first, last = int(span[0]), min(int(span[1]), len(meeting.turns) - 1)
    return (meeting.turns[first].words[0], meeting.turns[last].words[1]) if first <= last else (0, 0)


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(each for each in found if each[1] > each[0])

"""Queues and dead letters, for whoever operates the installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints

from video_pipeline.api.models.base import RequestModel, ResponseModel
from video_pipeline.deadletters import NAMES, DeadLetter, Outcome

LetterId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,100}$")]
_SHOWN_BYTES: Final = 64 * 1024
_SHOWN_OTHER: Final = 256


class QueueDepth(ResponseModel):
    """As SQS counts, which is about."""

    name: str
    dead_letters: bool = Field(description="Whether it holds what was put aside.")
    visible: int = Field(description="Waiting.")
    in_flight: int = Field(description="Taken by somebody, neither done nor given back.")
    delayed: int


class QueuesResponse(ResponseModel):
    queues: list[QueueDepth]

    @classmethod
    def of(cls, depths: Mapping[str, Mapping[str, int]]) -> Self:
        return cls(
            queues=[
                QueueDepth(
                    name=name,
                    dead_letters=name in NAMES,
                    visible=depth["visible"],
                    in_flight=depth["in_flight"],
                    delayed=depth["delayed"],
                )
                for name, depth in depths.items()
            ]
        )


class LetterReason(ResponseModel):
    code: str
    message: str
    hint: str


class DeadLetterInfo(ResponseModel):
    id: str
    queue: str
    kind: Literal["rejected_record", "failed_batch", "message"]
    consumer: str = Field(description="Who refused it or failed on it; empty if nothing tells.")
    source: str = Field(description="The stream or queue that it came from; empty if nothing tells.")
    position: str = Field(description="Its place there.")
    reason: LetterReason
    since: datetime | None

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(**letter.model_dump(exclude={"body", "reason"}), reason=LetterReason(**letter.reason.model_dump()))


class DeadLettersResponse(ResponseModel):
    items: list[DeadLetterInfo] = Field(description="The oldest first.")
    more: bool = Field(description="Whether there are more than were asked for.")


class DeadLetterContent(DeadLetterInfo):
    """A letter and the beginning of what it carries: as text, or in hexadecimal what is not text."""

    size: int = Field(description="Bytes of the whole.")
    text: str | None
    hexadecimal: str | None

    @classmethod
    def showing(cls, letter: DeadLetter, content: bytes) -> Self:
        text = _text(content)
        return cls(
            **DeadLetterInfo.of(letter).model_dump(),
            size=len(content),
            text=text,
            hexadecimal=content[:_SHOWN_OTHER].hex(" ") if text is None else None,
        )


class RedriveRequest(RequestModel):
    queue: str = Field(max_length=80, description="Where they lie.", examples=[NAMES[0]])
    letters: list[LetterId] = Field(min_length=1, max_length=100, description="Ids, as the list gives them.")


class RedriveOutcome(ResponseModel):
    """What became of one letter; one that was not redriven is still where it was, unless it is `letter_missing`."""

    id: str
    redriven: bool
    records: int = Field(description="How many records went back; a letter may stand for many.")
    code: str = Field(description="Why it was not redriven; empty if it was.")
    message: str


class RedriveResponse(ResponseModel):
    outcomes: list[RedriveOutcome]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Self:
        return cls(outcomes=[RedriveOutcome(**each.model_dump(exclude={"queue"})) for each in outcomes])


def _text(content: bytes) -> str | None:
    """None for what is not UTF-8. What is cut off in the middle of a character loses that character."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return content[:_SHOWN_BYTES].decode(errors="ignore")

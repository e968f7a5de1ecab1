"""What a language model wrote, read as a stranger's: of the expected shape, plain text, nothing in it that links."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from video_pipeline.plaintext import plain
from video_pipeline.ports import Completion
from video_pipeline.summaries.document import TEXT_CHARS, TITLE_CHARS

_MOST_CHARS: Final = 100_000
Read = TypeVar("Read", bound=BaseModel)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _text(value: Any) -> Any:
    return plain(value, most=TEXT_CHARS) if isinstance(value, str) else value


def _title(value: Any) -> Any:
    return plain(value, most=TITLE_CHARS).rstrip(".") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text)]
Title = Annotated[str, BeforeValidator(_title)]


class Point(_Reply):
    text: Text
    quote: str


class Action(_Reply):
    text: Text
    owner: Text = ""
    due: Text = ""
    quote: str


class PartReply(_Reply):
    title: Title
    points: Annotated[list[Point], Field(max_length=100)]
    actions: Annotated[list[Action], Field(max_length=100)] = []


class Sentence(_Reply):
    text: Text
    points: Annotated[list[int], Field(max_length=1000)]


class WholeReply(_Reply):
    title: Title
    sentences: Annotated[list[Sentence], Field(max_length=100)]


def read(kind: type[Read], completion: Completion) -> Read | None:
    """The reply; None if it is refused, cut off or not of that shape."""
    text = completion.text.strip()
    if completion.finished != "whole" or len(text) > _MOST_CHARS:
        return None
    # Models without a schema like to put their JSON into a fence.
    first, last = text.find("{"), text.rfind("}")
    try:
        return kind.model_validate_json(text[first : last + 1])
    except ValidationError:
        return None

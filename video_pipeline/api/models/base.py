"""What all request and response models share."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class RequestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ResponseModel(BaseModel):
    model_config = ConfigDict(frozen=True)


def plain(value: Any) -> Any:
    """Refuses control characters and broken Unicode anywhere in text, lists and mappings: no store takes them."""
    if isinstance(value, str) and any(unicodedata.category(each) in ("Cc", "Cs") for each in value):
        raise ValueError("holds control characters or broken Unicode")
    if isinstance(value, dict):
        plain([*value.keys(), *value.values()])
    if isinstance(value, list | tuple):
        for each in value:
            plain(each)
    return value


Plain = Annotated[str, AfterValidator(plain)]


def one_of(names: Sequence[str]) -> AfterValidator:
    """For names that are known at run time only; beside it, the description needs its `enum`."""

    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"is none of {', '.join(names)}")
        return value

    return AfterValidator(check)

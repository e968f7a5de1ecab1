"""What both indexes make of the values that they are given, so that they agree on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

from video_pipeline.errors import BadInput, Misconfigured

# Nobody is called longer; what a hostile caption calls a speaker may be.
_LABEL_CHARS: Final = 200


def label(speaker: str) -> str:
    """A speaker as stored and as searched for: no NUL, no lone surrogate, at most 200 characters."""
    return speaker.replace("\0", "")[:_LABEL_CHARS].encode("utf-8", "replace").decode()


def day(text: str) -> date:
    """An ISO day. Raises `BadInput("day_unreadable")`."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("day_unreadable", f"{text[:40]!r} is not a day.", hint="Write it as YYYY-MM-DD.") from error


def check(vector: Sequence[float], dimensions: int) -> None:
    """Raises unless the vector has `dimensions` finite numbers and points somewhere."""
    if len(vector) != dimensions:
        raise Misconfigured(
            "vector_dimensions_differ",
            f"A vector of {len(vector)} numbers does not fit an index of {dimensions}.",
            hint="Embedding model and vector index must be configured alike.",
        )
    length = math.hypot(*vector)
    if length == 0 or not math.isfinite(length):
        raise BadInput("vector_unusable", "A vector is zero or holds something that is not a number.")

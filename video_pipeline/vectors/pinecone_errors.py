"""What Pinecone's refusals mean here (https://docs.pinecone.io/guides/production/error-handling)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pinecone.errors import (
    ApiError,
    PineconeError,
    PineconeTypeError,
    PineconeValueError,
    RateLimitError,
)

from video_pipeline.errors import BadInput, Misconfigured, PipelineError, Unavailable


@contextmanager
def translated(index: str) -> Iterator[None]:
    """Errors of the package, which has made its own retries by then, become ours."""
    try:
        yield
    except PineconeError as error:
        raise _translation(error, index) from error


def _translation(error: PineconeError, index: str) -> PipelineError:
    if isinstance(error, ApiError):
        return _refusal(error, index)
    if isinstance(error, (PineconeValueError, PineconeTypeError)):
        return Misconfigured(
            "pinecone_settings_refused",
            f"Pinecone can't be used as configured: {error}",
            hint="Check PINECONE_INDEX, PINECONE_HOST and the key.",
        )
    return Unavailable("pinecone_unreachable", "Pinecone does not answer.", hint="It is tried again.", cause=str(error))


def _refusal(error: ApiError, index: str) -> PipelineError:
    status = error.status_code
    facts: dict[str, Any] = {"status": status, "reason": error.message, "request": error.request_id}
    if status == 401:
        return Misconfigured(
            "pinecone_key_refused",
            "Pinecone refused the API key.",
            hint="Check PINECONE_API_KEY or its secret.",
            **facts,
        )
    if status in (402, 403):
        return Misconfigured(
            "pinecone_forbidden",
            "Pinecone does not allow this: the key's role, a quota or the bill is in the way.",
            hint="Look at the project in Pinecone's console.",
            **facts,
        )
    if status in (408, 409, 412, 429) or status >= 500:
        delay = error.retry_after if isinstance(error, RateLimitError) else None
        return Unavailable(
            "pinecone_busy", "Pinecone can't answer now.", hint="It is tried again.", delay=delay, **facts
        )
    if status == 413:
        return BadInput("vector_too_large", "A passage's vector is larger than Pinecone takes.", **facts)
    return Misconfigured(
        "pinecone_index_unfit",
        f"Pinecone's index {index} refused the request.",
        hint="Is it one that this program made? Name another in PINECONE_INDEX; it is made when missing.",
        **facts,
    )

"""Whether and when a failed attempt is made again: a pure decision."""

from __future__ import annotations

import traceback

from video_pipeline.errors import PipelineError, Resting, Unavailable
from video_pipeline.model import Failure
from video_pipeline.topology import Retry

_TRACE_CHARS = 8_000


def as_failure(error: Exception) -> Failure:
    """What went wrong, for the ledger. What has no name is an internal error: worth another try, and a trace."""
    trace = "".join(traceback.format_exception(error))[-_TRACE_CHARS:]
    if isinstance(error, PipelineError):
        return Failure(
            code=error.code,
            message=_storable(error.message),
            hint=_storable(error.hint),
            retryable=error.retryable,
            trace=_storable(trace),
        )
    return Failure(
        code="internal_error",
        message="Something unexpected went wrong inside.",
        hint="An operator finds the trace in the ledger.",
        retryable=True,
        trace=_storable(trace),
    )


def pause_before_retry(error: Exception, attempt: int, policy: Retry) -> float | None:
    """Seconds to wait before the next attempt after number `attempt` failed with `error`; None: there is none.

    Waiting for a service at rest goes on for ever; the caller does not count it as an attempt.
    """
    if isinstance(error, Resting):
        return policy.cap if error.delay is None else error.delay
    if not as_failure(error).retryable or attempt >= policy.attempts:
        return None
    asked = error.delay if isinstance(error, Unavailable) and error.delay is not None else 0.0
    return max(asked, min(policy.base * policy.factor ** (attempt - 1), policy.cap))


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL and no lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()

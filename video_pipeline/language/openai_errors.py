"""What OpenAI's refusals mean here (https://platform.openai.com/docs/guides/error-codes)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import mktime_tz, parsedate_tz

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from video_pipeline.errors import BadInput, Misconfigured, PipelineError, Unavailable

# Nothing but money or a higher limit helps against these, whatever the status says.
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "credit_balance_exhausted"})
_BUSY = frozenset({408, 409, 429})
# Parameters that not every server and model takes.
_NOT_EVERYWHERE = (
    "response_format",
    "json_schema",
    "json_object",
    "max_completion_tokens",
    "temperature",
    "stream_options",
)


@contextmanager
def translated(model: str, key: str, *, setting: str = "OPENAI_EMBEDDING_MODEL") -> Iterator[None]:
    """Errors of the `openai` package and unreadable answers become ours. `setting` is where the model was named."""
    try:
        yield
    except APIStatusError as error:
        # A server may quote the key that it refuses, and what caused an error ends up in traces.
        error.args = (error.message.replace(key, "***"),)
        raise _refusal(error, model, setting) from error
    except APITimeoutError as error:
        raise Unavailable("openai_timeout", "OpenAI did not answer in time.", hint="It is tried again.") from error
    except APIConnectionError as error:
        raise Unavailable(
            "openai_unreachable", "OpenAI can't be reached.", hint="Check the network and OPENAI_BASE_URL."
        ) from error
    except (APIError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise unreadable() from error


def unreadable() -> Unavailable:
    return Unavailable(
        "openai_answer_unreadable", "OpenAI's answer is not what its interface promises.", hint="It is tried again."
    )


def _refusal(error: APIStatusError, model: str, setting: str) -> PipelineError:
    status = error.status_code
    facts = {"status": status, "reason": error.code, "request": error.request_id}
    if error.code in _SPENT or error.type in _SPENT:
        return Misconfigured(
            "openai_quota_spent",
            "The OpenAI account's quota is used up.",
            hint="Add credit or raise its limit.",
            **facts,
        )
    if status in (401, 403):
        return Misconfigured(
            "openai_key_refused", "OpenAI refused the API key.", hint="Check OPENAI_API_KEY or its secret.", **facts
        )
    if status == 404:
        return Misconfigured(
            "openai_model_unknown",
            f"OpenAI has no model {model} for this key.",
            hint=f"Check {setting} and OPENAI_BASE_URL.",
            **facts,
        )
    if status in _BUSY or status >= 500:
        delay = _delay(error.response.headers)
        return Unavailable("openai_busy", "OpenAI can't answer now.", hint="It is tried again.", delay=delay, **facts)
    return BadInput(
        "openai_text_refused",
        "OpenAI refused the text, most likely because it is too long for the model.",
        hint="Use shorter passages (CHUNK_TOKENS).",
        named=_named(error),
        **facts,
    )


def _named(error: APIStatusError) -> tuple[str, ...]:
    """Which of the parameters that not everyone takes the refusal speaks of."""
    said = f"{error.message} {error.param} {error.body}"
    return tuple(each for each in _NOT_EVERYWHERE if each in said)


def _delay(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks to wait, by either of the two headers, as a number or as a date."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[header]) * unit)
        except (KeyError, ValueError):
            continue
    date = parsedate_tz(headers.get("retry-after", ""))
    return max(0.0, mktime_tz(date) - time.time()) if date else None

"""JSON from anywhere to a plain object, or a clear refusal."""

from __future__ import annotations

import json
from typing import Any, Final

from video_pipeline.errors import BadCaptions
from video_pipeline.topology import LIMITS

# Timed JSON takes about ten times the room of captions: an hour of speech is some 3 MB as Amazon Transcribe writes it.
MOST_BYTES: Final = 10 * LIMITS.caption_bytes


def load_object(data: bytes, *, code: str, what: str) -> dict[str, Any]:
    """The JSON object in `data`; `BadCaptions(code)` when there is none."""
    if len(data) > MOST_BYTES:
        raise BadCaptions(
            "captions_too_large", f"{what} is {len(data)} bytes long; at most {MOST_BYTES} are read.", size=len(data)
        )
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadCaptions(code, f"{what} is not JSON that can be read.", hint=str(error)[:200]) from error
    if not isinstance(value, dict):
        raise BadCaptions(code, f"{what} must be a JSON object.")
    return value

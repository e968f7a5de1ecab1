"""Links that play a video from a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from uuid import UUID


def moments(public_url: str) -> Callable[[UUID, float], str]:
    """The link to a moment, for an installation that people reach at `public_url`: the second in which it lies."""
    base = public_url.rstrip("/")
    return lambda video_id, start: f"{base}/videos/{video_id}?t={math.floor(start)}"

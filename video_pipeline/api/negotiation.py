"""Which of the forms that we have is the one the client likes best (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from video_pipeline.errors import BadInput


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """The best of `offered` media types, the first of equals. Raises `BadInput("not_acceptable")` if none will do."""
    ranges = [_range(part) for part in (accept or "*/*").split(",") if part.strip()]
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    if _quality(best, ranges) <= 0:
        raise BadInput(
            "not_acceptable",
            "None of the forms that the Accept header names is here.",
            hint=f"Ask for {_listed(offered)}.",
        )
    return best


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weights = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that covers the type."""
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0


def _listed(offered: Sequence[str]) -> str:
    return ", ".join(offered[:-1]) + f" or {offered[-1]}"

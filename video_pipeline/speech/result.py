"""What recognisers have in common when they write down what they heard."""

from __future__ import annotations

from collections.abc import Sequence

from video_pipeline.transcripts.model import Segment


def base_language(tag: str) -> str:
    """`en` of `en-US` or `en_us`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def bounded(confidence: float) -> float:
    return round(min(1.0, max(0.0, confidence)), 4)


def mean(confidences: Sequence[float]) -> float | None:
    return bounded(sum(confidences) / len(confidences)) if confidences else None


def overall(segments: Sequence[Segment]) -> float | None:
    """The segments' confidence, weighted by how long they last."""
    known = [(s.confidence, s.end - s.start) for s in segments if s.confidence is not None]
    total = sum(length for _, length in known)
    return bounded(sum(value * length for value, length in known) / total) if total else None

"""Questions that are asked here and now, for the statistics."""

from __future__ import annotations

import time

from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.model import AskedQuestion
from video_pipeline.ports import Analytics


def note_question(analytics: Analytics, answer: QueryResponse, began: float) -> None:
    """`began`: when the question came, by `time.perf_counter`."""
    analytics.note(
        AskedQuestion(
            channel="api",
            # No count is worth a question: what PostgreSQL does not take is left out.
            query=answer.query.replace("\0", "").encode("utf-8", "replace").decode(),
            answered=answer.answer is not None,
            engine=answer.engine,
            results=len(answer.results),
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
    )

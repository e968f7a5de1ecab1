"""Questions that are asked here and now, for the statistics."""

from __future__ import annotations

import time

from video_pipeline.answering import Answering, Findings
from video_pipeline.model import Answer, AskedQuestion
from video_pipeline.ports import Analytics, Tell


class Counted:
    """Answers one question, and counts it with the time since this was made."""

    def __init__(self, answering: Answering, analytics: Analytics) -> None:
        self._answering = answering
        self._analytics = analytics
        self._began = time.perf_counter()

    def answer(self, found: Findings, *, tell: Tell | None = None) -> Answer:
        answer = self._answering.answer(found, tell=tell)
        if found.question.answer:
            self._count(answer)
        return answer

    def _count(self, answer: Answer) -> None:
        self._analytics.note(
            AskedQuestion(
                channel="api",
                # No count is worth a question: what PostgreSQL does not take is left out.
                query=answer.query.replace("\0", "").encode("utf-8", "replace").decode(),
                answered=answer.text is not None,
                engine=answer.engine,
                results=len(answer.results),
                milliseconds=round((time.perf_counter() - self._began) * 1000),
            )
        )

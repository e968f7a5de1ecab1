"""Questions asked here and now."""

from __future__ import annotations

import time

from fastapi import APIRouter

from video_pipeline.api.counting import note_question
from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.queries import QueryRequest, QueryResponse
from video_pipeline.api.problems import refusals

router = APIRouter(tags=["questions"])


@router.post("/query", summary="Ask a question of the videos", responses=refusals(413))
def ask_question(request: QueryRequest, deps: Deps) -> QueryResponse:
    """The passages that fit best, and an answer in which everything is quoted from them and cited to the second.

    `answer` is null when the videos hold nothing to answer with.
    """
    began = time.perf_counter()
    answer = QueryResponse.of(deps.answering.ask(request.question()))
    note_question(deps.ledger.analytics, answer, began)
    return answer

"""Questions asked here and now."""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.queries import QueryRequest, QueryResponse
from video_pipeline.api.problems import refusals
from video_pipeline.spending import spent_for

router = APIRouter(tags=["questions"])


@router.post("/query", summary="Ask a question of the videos", responses=refusals(413))
def ask_question(request: QueryRequest, deps: Deps) -> QueryResponse:
    """The passages that fit best, and an answer in which everything is quoted from them and cited to the second.

    `answer` is null when the videos hold nothing to answer with.
    """
    with spent_for(question_id=uuid4()) as account:
        answer = deps.answering.ask(request.question())
    return QueryResponse.of(answer, cost_usd=account.usd)

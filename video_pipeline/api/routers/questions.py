"""Questions that came as records."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.queries import QueryResponse, QuestionResponse
from video_pipeline.api.problems import refusals
from video_pipeline.errors import NotFound

router = APIRouter(tags=["questions"])


@router.get(
    "/questions/{question_id}",
    summary="The answer to a question that came as a record",
    responses=refusals(404),
)
def get_question(question_id: UUID, deps: Deps) -> QuestionResponse:
    """404 also when a video that the answer shows has been erased since."""
    kept = deps.ledger.questions.get(question_id)
    answer = QueryResponse.model_validate(kept["answer"])
    if answer.video_ids - deps.ledger.videos.by_ids(answer.video_ids).keys():
        raise NotFound(
            "question_erased", "A video that this answer quotes has been erased.", hint="Ask the question again."
        )
    return QuestionResponse(question_id=question_id, answered_at=kept["created_at"], **answer.model_dump())

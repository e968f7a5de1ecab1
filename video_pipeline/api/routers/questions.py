"""Questions that are answered later: asked here, or by a record."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Response

from video_pipeline.api.dependencies import Caller, Deps
from video_pipeline.api.models.queries import (
    MailInfo,
    QueryResponse,
    QuestionAccepted,
    QuestionRequest,
    QuestionResponse,
)
from video_pipeline.api.problems import refusals
from video_pipeline.errors import NotFound

router = APIRouter(tags=["questions"])


@router.post(
    "/questions", status_code=202, summary="Ask a question that is answered by mail", responses=refusals(409, 413)
)
def post_question(
    request: QuestionRequest,
    response: Response,
    deps: Deps,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="The same key is the same question: it is asked once.")
    ] = None,
) -> QuestionAccepted:
    """The answer goes to `email` as a mail whose replies ask further; without an address it waits at `status_url`."""
    unique = f"{caller.id}:{idempotency_key}" if idempotency_key else uuid4().hex
    question_id = deps.asking.ask(request.event(f"key:{caller.id}"), unique=unique)
    url = f"{deps.public_url.rstrip('/')}/api/v1/questions/{question_id}"
    response.headers["Location"] = url
    return QuestionAccepted(question_id=question_id, status_url=url)


@router.get(
    "/questions/{question_id}",
    summary="The answer to a question that came as a record, and its mails",
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
    mails = [MailInfo.of(each) for each in deps.ledger.mails.of_question(question_id)]
    return QuestionResponse(question_id=question_id, answered_at=kept["created_at"], mails=mails, **answer.model_dump())

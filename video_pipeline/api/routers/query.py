"""Questions asked here and now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from video_pipeline.api import streaming
from video_pipeline.api.counting import Counted
from video_pipeline.api.dependencies import Caller, Deps
from video_pipeline.api.models.queries import QueryRequest, QueryResponse
from video_pipeline.api.problems import refusals, request_id

router = APIRouter(tags=["questions"])


@router.post(
    "/query",
    summary="Ask a question of the videos",
    response_model=QueryResponse,
    responses={200: streaming.DESCRIPTION, **refusals(413)},
)
def ask_question(
    asked: QueryRequest,
    deps: Deps,
    caller: Caller,
    request: Request,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> QueryResponse | Response:
    """The passages that fit best, and an answer in which every claim is borne out by a quote, cited to the second.

    `answer` is null when the videos hold nothing to answer with.
    """
    counted = Counted(deps.answering, deps.ledger.analytics)
    found = deps.answering.find(asked.question(), owner=f"key:{caller.id}")

    if streaming.wanted(accept):
        events = streaming.events(counted, found, request_id(request))
        # Proxies that collect an answer before they pass it on are asked not to.
        return StreamingResponse(events, media_type=streaming.MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
    return QueryResponse.of(counted.answer(found))

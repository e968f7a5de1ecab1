"""An answer as server-sent events, as it comes about.

`found` tells at once which passages fit, `claim` gives each claim once its quotes are verified, `answer` ends it with
all that plain JSON would hold. `error` ends it with a problem if something fails on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from video_pipeline.answering import Answering, Found
from video_pipeline.api import problems
from video_pipeline.api.models.base import ResponseModel
from video_pipeline.api.models.queries import CitationInfo, ClaimInfo, QueryResponse, ResultInfo
from video_pipeline.api.negotiation import preferred
from video_pipeline.errors import BadInput, PipelineError

MEDIA_TYPE: Final = "text/event-stream"
_JSON: Final = "application/json"


class FoundEvent(ResponseModel):
    """The data of `found`."""

    query: str
    understood: str | None
    conversation_id: UUID | None
    results: list[ResultInfo]


class ClaimEvent(ResponseModel):
    """The data of `claim`: with the citations that no claim before has named."""

    claim: ClaimInfo
    citations: list[CitationInfo]


EVENTS: Final[Sequence[type[ResponseModel]]] = (FoundEvent, ClaimEvent)
DESCRIPTION: Final[dict[str, Any]] = {
    "description": (
        "The answer. With `Accept: text/event-stream` as events: `found` (data: FoundEvent), `claim` (ClaimEvent) for "
        "each claim once it is verified, and at the end `answer` (QueryResponse) or `error` (Problem). Hosts that "
        "can't stream send all events at once."
    ),
    "content": {
        MEDIA_TYPE: {
            "schema": {"type": "string"},
            "example": 'event: found\ndata: {"query": "…", "results": []}\n\nevent: answer\ndata: {"query": "…"}\n\n',
        }
    },
}


def wanted(accept: str | None) -> bool:
    """Whether the client likes events better than a document; whatever else it likes, it gets the document."""
    try:
        return preferred(accept, [_JSON, MEDIA_TYPE]) == MEDIA_TYPE
    except BadInput:
        return False


def events(answering: Answering, found: Found, request_id: str) -> Iterator[bytes]:
    """One answer's events, each when it is known."""
    yield _event("found", _found(found))
    try:
        answer = answering.answer(found)
    except PipelineError as error:
        yield b"event: error\ndata: " + bytes(problems.of(request_id, error).body) + b"\n\n"
        return
    whole = QueryResponse.of(answer)
    yield from (_event("claim", claim) for claim in _claims(whole))
    yield _event("answer", whole)


def _found(found: Found) -> FoundEvent:
    asked, query = found.question.query, found.understood.query
    return FoundEvent(
        query=asked,
        understood=None if query == asked else query,
        conversation_id=found.conversation_id,
        results=[ResultInfo.of(result) for result in found.results],
    )


def _claims(whole: QueryResponse) -> Iterator[ClaimEvent]:
    told: set[int] = set()
    for claim in whole.claims:
        new = set(claim.citations) - told
        told |= new
        yield ClaimEvent(claim=claim, citations=[cited for cited in whole.citations if cited.number in new])


def _event(name: str, data: ResponseModel) -> bytes:
    """JSON has no line breaks of its own, so the data is one line whatever it holds."""
    return f"event: {name}\ndata: {data.model_dump_json()}\n\n".encode()

"""An answer as server-sent events, as it comes about.

`found` tells at once which passages fit, `claim` gives each claim once its quotes are verified, while a language model
is still writing the next, and `answer` ends it with all that plain JSON would hold. The answer is what counts: if the
model breaks off after some claims, it holds others. `error` ends it with a problem if something fails on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, Final
from uuid import UUID

from video_pipeline.answering import Findings
from video_pipeline.api import problems
from video_pipeline.api.counting import Counted
from video_pipeline.api.models.base import ResponseModel
from video_pipeline.api.models.queries import CitationInfo, ClaimInfo, QueryResponse, ResultInfo
from video_pipeline.api.negotiation import preferred
from video_pipeline.errors import BadInput, PipelineError
from video_pipeline.model import Answer, Citation, Claim
from video_pipeline.ports import Tell

MEDIA_TYPE: Final = "text/event-stream"
_JSON: Final = "application/json"


class FoundEvent(ResponseModel):
    """The data of `found`."""

    query: str
    understood: str | None
    conversation_id: UUID | None
    results: list[ResultInfo]


class ClaimEvent(ResponseModel):
    """The data of `claim`: with the citations that it stands on."""

    claim: ClaimInfo
    citations: list[CitationInfo]


EVENTS: Final[Sequence[type[ResponseModel]]] = (FoundEvent, ClaimEvent)
DESCRIPTION: Final[dict[str, Any]] = {
    "description": (
        "The answer. With `Accept: text/event-stream` as events: `found` (data: FoundEvent), `claim` (ClaimEvent) for "
        "each claim once it is verified, and at the end `answer` (QueryResponse), which is what counts, or `error` "
        "(Problem). Hosts that can't stream send all events at once."
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


def events(answering: Counted, found: Findings, request_id: str) -> Iterator[bytes]:
    """One answer's events, each when it is known."""
    yield _event("found", _found(found))
    told: list[str] = []
    claims: SimpleQueue[ClaimEvent | None] = SimpleQueue()
    worker = ThreadPoolExecutor(1)
    future = worker.submit(copy_context().run, partial(answering.answer, found, tell=_telling(claims)))
    future.add_done_callback(lambda _: claims.put(None))
    # A client that goes away must not make anybody wait for the model: the answer is made, and remembered, without it.
    worker.shutdown(wait=False)
    while (claim := claims.get()) is not None:
        told.append(claim.claim.text)
        yield _event("claim", claim)
    yield from _end(future, request_id, told)


def _telling(claims: SimpleQueue[ClaimEvent | None]) -> Tell:
    def tell(claim: Claim, citations: Sequence[Citation]) -> None:
        claims.put(ClaimEvent(claim=ClaimInfo.of(claim), citations=[CitationInfo.of(each) for each in citations]))

    return tell


def _end(future: Future[Answer], request_id: str, told: Sequence[str]) -> Iterator[bytes]:
    try:
        whole = QueryResponse.of(future.result())
    except PipelineError as error:
        yield b"event: error\ndata: " + bytes(problems.of(request_id, error).body) + b"\n\n"
        return
    if not told:
        yield from (_event("claim", claim) for claim in _claims(whole))
    yield _event("answer", whole)


def _found(found: Findings) -> FoundEvent:
    asked, query = found.question.query, found.understood.query
    return FoundEvent(
        query=asked,
        understood=None if query == asked else query,
        conversation_id=found.conversation_id,
        results=[ResultInfo.of(result) for result in found.results],
    )


def _claims(whole: QueryResponse) -> Iterator[ClaimEvent]:
    for claim in whole.claims:
        yield ClaimEvent(claim=claim, citations=[each for each in whole.citations if each.number in claim.citations])


def _event(name: str, data: ResponseModel) -> bytes:
    """JSON has no line breaks of its own, so the data is one line whatever it holds."""
    return f"event: {name}\ndata: {data.model_dump_json()}\n\n".encode()

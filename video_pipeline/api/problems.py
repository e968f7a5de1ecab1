"""Every refusal in one shape: problem details (RFC 9457), made from one table."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from video_pipeline.errors import (
    BadInput,
    BadQuestion,
    Conflict,
    Misconfigured,
    NotFound,
    PipelineError,
    Unavailable,
)

_LOG = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"

_BY_CODE: Final[Mapping[str, int]] = {
    "api_key_missing": 401,
    "api_key_wrong": 401,
    "scope_missing": 403,
    "not_acceptable": 406,
    "rate_limited": 429,
    "upload_stalled": 408,
    "body_too_large": 413,
    "upload_too_large": 413,
    "captions_too_large": 413,
    "unsupported_type": 415,
    "unsupported_captions": 415,
    "unsupported_content_type": 415,
}
# The first class that fits decides, so the narrower ones stand first.
_BY_CLASS: Final[Sequence[tuple[type[PipelineError], int]]] = (
    (NotFound, 404),
    (BadQuestion, 422),
    (BadInput, 400),
    (Conflict, 409),
    (Misconfigured, 500),
    (Unavailable, 503),
)
_HTTP_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("body_unreadable", "The request's body can't be read."),
    404: ("route_not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The request's body is larger than what this address takes."),
}
_TITLES: Final[Mapping[int, str]] = {
    400: "The request can't be read or obeyed",
    401: "The API key is missing or wrong",
    403: "This key may not do that",
    404: "There is no such thing",
    406: "None of the forms that the Accept header names is here",
    408: "Nothing came for too long",
    409: "The thing is in a state that does not allow this",
    413: "What was sent is too large",
    415: "What was sent is of a kind that is not taken",
    422: "The request's content is invalid",
    429: "This key has asked too often; wait as long as Retry-After says",
    500: "Something went wrong that should not have",
    503: "A service that is needed does not answer now; try again later",
}
_RETRY_AFTER: Final = 5.0
_SEE_DOCS: Final = "See /docs for every route and its fields."
_MOST_ERRORS: Final = 20


class ProblemError(BaseModel):
    """What is wrong with one part of a request."""

    detail: str
    pointer: str | None = Field(default=None, description="JSON pointer into the body.")
    parameter: str | None = Field(default=None, description="The parameter of path, query or header.")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:video-pipeline:problem:question_empty",
                    "title": "The request's content is invalid",
                    "status": 422,
                    "detail": "The question is empty.",
                    "code": "question_empty",
                    "hint": "Ask something in words.",
                    "instance": "urn:uuid:4c7b1c9e-3e6c-4b44-9a39-0d5c2f0f6b7e",
                }
            ]
        }
    )

    type: str = Field(description="The kind of problem, as a URN that ends in `code`.")
    title: str
    status: int
    detail: str = Field(description="One sentence for people.")
    code: str = Field(description="A stable reason code for programs.")
    hint: str = Field(default="", description="What can be done about it.")
    instance: str = Field(description="This one request, as the server's log names it.")
    errors: list[ProblemError] | None = Field(default=None, description="Each fault of an invalid request.")


def status_of(error: PipelineError) -> int:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    errors: Sequence[ProblemError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = Problem(
        type=f"urn:video-pipeline:problem:{code}",
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        status=status,
        detail=detail,
        code=code,
        hint=hint,
        instance=f"urn:uuid:{request_id}",
        errors=list(errors) if errors else None,
    )
    content = body.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answers every error that the application raises; what is unexpected is left to the outermost middleware."""
    for kind in (PipelineError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route's description mentions the problems that it may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": f"{_TITLES[status]}.", "content": content} for status in statuses}


def unexpected(request_id: str) -> Response:
    return problem(
        request_id,
        500,
        "unexpected_error",
        "Something went wrong that should not have.",
        hint=f"Tell the operator this number: {request_id}.",
    )


def request_id(request: Request) -> str:
    """The id that this request's log lines carry."""
    known: str | None = request.scope.get("state", {}).get("request_id")
    return known or str(uuid4())


async def _answer(request: Request, error: Exception) -> Response:
    match error:
        case PipelineError():
            return of(request_id(request), error)
        case RequestValidationError():
            return _from_validation(request, error)
        case HTTPException():
            return _from_http(request, error)
    raise error


def of(request_id: str, error: PipelineError) -> Response:
    """What the error says, in the log and to the client."""
    status = status_of(error)
    level = logging.ERROR if status >= 500 else logging.INFO
    facts = {"code": error.code, "facts": error.facts}
    _LOG.log(level, "refused: %s", error.message, extra=facts, exc_info=error if status >= 500 else None)
    return problem(request_id, status, error.code, error.message, hint=error.hint, headers=_headers(error, status))


def _headers(error: PipelineError, status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="video-pipeline", ApiKey header="X-API-Key"'}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(max(1, math.ceil(error.delay if error.delay is not None else _RETRY_AFTER)))}
    return {}


def _from_validation(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem(request_id(request), 400, "body_not_json", "The request's body is not JSON.", hint=_SEE_DOCS)
    errors = [_fault(each) for each in found[:_MOST_ERRORS]]
    first = errors[0]
    detail = f"{first.pointer or first.parameter or 'The request'}: {first.detail}."
    return problem(request_id(request), 422, "invalid_request", detail, hint=_SEE_DOCS, errors=errors)


def _fault(found: Mapping[str, Any]) -> ProblemError:
    where, *path = found["loc"] or ("body",)
    detail = str(found["msg"]).removeprefix("Value error, ")
    if where == "body":
        return ProblemError(detail=detail, pointer="#" + "".join(f"/{_escaped(str(part))}" for part in path))
    return ProblemError(detail=detail, parameter=".".join(map(str, path)) or str(where))


def _escaped(part: str) -> str:
    return part[:100].replace("~", "~0").replace("/", "~1")


def _from_http(request: Request, error: HTTPException) -> Response:
    code, detail = _HTTP_CODES.get(error.status_code, ("http_error", HTTPStatus(error.status_code).phrase + "."))
    # The framework names the methods of the first route that fits the path only.
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    return problem(request_id(request), error.status_code, code, detail, hint=_SEE_DOCS, headers=headers)


def _methods(request: Request) -> list[str]:
    """What the address of a request takes."""
    paths: Mapping[str, Mapping[str, object]] = request.app.openapi()["paths"]
    described = {
        method.upper()
        for path, methods in paths.items()
        if compile_path(path)[0].match(request.url.path)
        for method in methods
    }
    return sorted(described) or ["GET"]

"""The steps of cutting and embedding the archive anew, as the state machine asks for them: `{"do": …}`.

Promise: every step may be repeated. What may go better next time is raised, for the state machine to repeat; a video
that is wrong for good is recorded with its reason and stops no other.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from video_pipeline.errors import Conflict
from video_pipeline.logs import configure
from video_pipeline.model import Failure, IndexReport
from video_pipeline.reindexing import Reindexing
from video_pipeline.retrying import as_failure
from video_pipeline.settings import ReindexingSettings
from video_pipeline.wiring import open_reindexing

logger = logging.getLogger(__name__)
# As text in an answer these stay below the 256 KB that a state may hand on.
_MOST_VIDEOS: Final = 5000


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Begin(_Request):
    do: Literal["begin"]
    requested_by: str = "state machine"
    anyway: bool = False


class Status(_Request):
    do: Literal["status"]


class Waiting(_Request):
    do: Literal["waiting"]
    index_id: UUID


class TakeIn(_Request):
    do: Literal["take_in"]
    index_id: UUID
    video_id: UUID


class Failed(_Request):
    """`error` is what the state machine caught: `Error`, and as `Cause` the function's own words as JSON."""

    do: Literal["failed"]
    index_id: UUID
    video_id: UUID
    error: dict[str, Any]


class Switch(_Request):
    do: Literal["switch"]
    index_id: UUID
    without_failed: bool = False


class Clean(_Request):
    do: Literal["clean"]


Request = Begin | Status | Waiting | TakeIn | Failed | Switch | Clean
_REQUESTS: Final[TypeAdapter[Request]] = TypeAdapter(Annotated[Request, Field(discriminator="do")])


@cache
def host() -> Reindexing:
    settings = ReindexingSettings()
    configure("reindexing", settings.log_level)
    return open_reindexing(settings)


def handler(event: object, _context: object) -> dict[str, Any]:
    """The step's outcome: a report on the index, `{"videos": […]}`, `{"taken_in": bool}` or `{"dropped": […]}`."""
    reindexing = host()
    match _REQUESTS.validate_python(event):
        case Waiting(index_id=index_id):
            return {"videos": [str(each) for each in reindexing.waiting(index_id, limit=_MOST_VIDEOS)]}
        case (TakeIn() | Failed()) as request:
            return {"taken_in": _take_in(reindexing, request)}
        case (Begin() | Status() | Switch()) as request:
            report = _report(reindexing, request)
            return {**report.model_dump(mode="json"), "serves": report.index.state == "serving"}
        case Clean():
            return {"dropped": reindexing.clean()}


def _report(reindexing: Reindexing, request: Begin | Status | Switch) -> IndexReport:
    match request:
        case Begin(requested_by=by, anyway=anyway):
            return reindexing.begin(by, anyway=anyway)
        case Switch(index_id=index_id, without_failed=without_failed):
            return reindexing.switch(index_id, without_failed=without_failed)
        case Status():
            return reindexing.status()


def _take_in(reindexing: Reindexing, request: TakeIn | Failed) -> bool:
    if isinstance(request, Failed):
        reindexing.failed(request.index_id, request.video_id, _failure(request.error))
        return False
    try:
        return reindexing.take_in(request.index_id, request.video_id)
    except Conflict:
        raise
    except Exception as error:
        failure = as_failure(error)
        if failure.retryable:
            raise
        logger.exception("video not taken in", extra={"video_id": str(request.video_id), "reason": failure.code})
        reindexing.failed(request.index_id, request.video_id, failure)
        return False


def _failure(error: dict[str, Any]) -> Failure:
    """What the last of all tries ended with."""
    name, cause = str(error.get("Error", "unknown")), str(error.get("Cause", ""))
    try:
        message = str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        message = cause or name
    return Failure(
        code="retries_exhausted",
        message=f"It failed at every attempt, at last with {name}: {message}"[:2000],
        hint="See to the cause, then run `video-pipeline reindex` again: it goes on where it stopped.",
        retryable=True,
    )

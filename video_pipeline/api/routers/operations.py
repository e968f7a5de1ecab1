"""Queues and dead letters: what waits, what was put aside and why, and putting it back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query

from video_pipeline.api.dependencies import Caller, Deps
from video_pipeline.api.models.operations import (
    DeadLetterContent,
    DeadLetterInfo,
    DeadLettersResponse,
    LetterId,
    QueuesResponse,
    RedriveRequest,
    RedriveResponse,
)
from video_pipeline.api.problems import refusals
from video_pipeline.deadletters import MOST, NAMES, DeadLetter
from video_pipeline.keys import require

_LOG = logging.getLogger(__name__)


def _operator(caller: Caller) -> None:
    require(caller, "operate")


router = APIRouter(tags=["operations"], dependencies=[Depends(_operator)], responses=refusals(403))
_LAST: Final = datetime.max.replace(tzinfo=UTC)
QueueName = Annotated[str, Path(max_length=80, description=f"One of {', '.join(NAMES)}.", examples=[NAMES[0]])]


@router.get("/queues", summary="How much waits in every queue")
def list_queues(deps: Deps) -> QueuesResponse:
    return QueuesResponse.of(deps.dead_letters.depths())


@router.get("/dead-letters", summary="What was put aside, and why")
def list_dead_letters(
    deps: Deps,
    queue: Annotated[str | None, Query(max_length=80, description="Only of this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 200,
) -> DeadLettersResponse:
    """Letters are hidden from others for the moment that this takes, so that two lists at once may each lack some."""
    letters = sorted(deps.dead_letters.letters(queue), key=_age)
    return DeadLettersResponse(items=[DeadLetterInfo.of(each) for each in letters[:limit]], more=len(letters) > limit)


@router.get("/dead-letters/{queue}/{letter_id}", summary="One of them, with what it carries", responses=refusals(404))
def get_dead_letter(queue: QueueName, letter_id: LetterId, deps: Deps) -> DeadLetterContent:
    letter = deps.dead_letters.find(letter_id, queue)
    return DeadLetterContent.showing(letter, deps.dead_letters.content(letter))


@router.post("/dead-letters/redrive", summary="Put dead letters back where they came from")
def redrive_dead_letters(request: RedriveRequest, deps: Deps, caller: Caller) -> RedriveResponse:
    """Each is deleted only once it is back. Repeating it is harmless: what is gone by then is `letter_missing`."""
    outcomes = deps.dead_letters.redrive_named(request.queue, request.letters)
    done = [each.id for each in outcomes if each.redriven]
    _LOG.info("letters redriven", extra={"queue": request.queue, "letters": done, "key": caller.prefix})
    return RedriveResponse.of(outcomes)


def _age(letter: DeadLetter) -> tuple[datetime, str]:
    return letter.since or _LAST, letter.id

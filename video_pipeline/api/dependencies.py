"""What the routers need, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from video_pipeline.answering import Answering
from video_pipeline.asking import Asking
from video_pipeline.deadletters import DeadLetters
from video_pipeline.erasing import Erasing
from video_pipeline.importing import Importing
from video_pipeline.keys import Rate, check_key, take_turn
from video_pipeline.model import ApiKey
from video_pipeline.ports import Ledger, Objects
from video_pipeline.projects.collecting import Collecting
from video_pipeline.projects.ordering import Ordering
from video_pipeline.projects.removing import Removing
from video_pipeline.projects.sending import Sending
from video_pipeline.resummarising import Resummarising
from video_pipeline.spending import Purse
from video_pipeline.steering import Steering
from video_pipeline.uploading import Uploading


@dataclass(frozen=True)
class ProjectDesk:
    """What may be done with slideshow projects."""

    collecting: Collecting
    sending: Sending
    ordering: Ordering
    removing: Removing


@dataclass(frozen=True)
class ApiDependencies:
    """Everything that the API works with; made once per process.

    `public_url` is where people reach it; `presign_seconds` how long links to media may be used; `cors_origins` the
    other origins whose pages may call it; `rate` how often one key may ask, None: as often as it likes; `dashboard` the
    folder of its build, None: this process shows only the API's own pages.
    """

    ledger: Ledger
    objects: Objects
    answering: Answering
    asking: Asking
    uploading: Uploading
    importing: Importing
    resummarising: Resummarising
    erasing: Erasing
    purse: Purse
    steering: Steering
    dead_letters: DeadLetters
    projects: ProjectDesk
    media_bucket: str
    results_bucket: str
    public_url: str
    presign_seconds: int = 3600
    cors_origins: tuple[str, ...] = ()
    rate: Rate | None = None
    dashboard: Path | None = None


def _dependencies(request: Request) -> ApiDependencies:
    made: ApiDependencies = request.app.state.dependencies
    return made


Deps = Annotated[ApiDependencies, Depends(_dependencies)]

_HEADER = APIKeyHeader(
    name="X-API-Key",
    scheme_name="ApiKey",
    description="A key made by `video-pipeline keys create`.",
    auto_error=False,
)
_BEARER = HTTPBearer(scheme_name="Bearer", description="The same key as a bearer token.", auto_error=False)


def _caller(
    deps: Deps,
    header: Annotated[str | None, Security(_HEADER)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> ApiKey:
    key = check_key(deps.ledger.keys, header or (bearer.credentials if bearer else None))
    if deps.rate:
        take_turn(deps.ledger.keys, key, deps.rate)
    return key


Caller = Annotated[ApiKey, Security(_caller)]
KEY_REQUIRED = Security(_caller)

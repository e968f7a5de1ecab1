"""The database of a system within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from video_pipeline.cli.system import START, System
from video_pipeline.errors import Misconfigured, NotRunning, Unavailable

if TYPE_CHECKING:
    from video_pipeline.settings import DatabaseSettings

_PATIENCE = 3.0
_Kind = TypeVar("_Kind", bound="DatabaseSettings")


def settings_for(system: System, kind: type[_Kind], **values: object) -> _Kind:
    """Settings of this kind with the system's database, which answers; else `NotRunning`."""
    from video_pipeline.cli.wishes import checked
    from video_pipeline.wiring import database_url

    given = {"database_url": system.database_url, **values}
    settings = checked(kind, **{name: value for name, value in given.items() if value is not None})
    try:
        _reach(database_url(settings))
    except Misconfigured as error:
        raise system.nothing_described("DATABASE_URL, or DATABASE_SECRET_ARN and DATABASE_HOST") from error
    return settings


def _reach(url: str) -> None:
    """Services wait half a minute for their database; a person at a terminal wants to know."""
    from video_pipeline.database import Database

    database = Database(url, size=1, wait=_PATIENCE)
    try:
        with database.transaction():
            return
    except Unavailable as error:
        raise NotRunning("The database does not answer.", hint=START) from error
    finally:
        database.close()

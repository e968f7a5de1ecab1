"""Pages of jobs and videos in a chosen order, continued behind the last item that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, LiteralString

from psycopg import sql

from video_pipeline.database import Database, Queries
from video_pipeline.model import Job, JobFilter, JobSort, Video, VideoFilter, VideoSort
from video_pipeline.ports import After
from video_pipeline.store import rows

SQL = Queries(Path(__file__).with_name("listings.sql"))
# What each order compares: of the row, and of the value that the last item seen had.
_KEYS: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "created_at": ("created_at", "%(value)s::timestamptz"),
    "updated_at": ("updated_at", "%(value)s::timestamptz"),
    "title": ("lower(title)", "lower(%(value)s::text)"),
    "duration": ("coalesce((info ->> 'duration')::float8, 0)", "%(value)s::float8"),
}


class JobListing:
    """The part of `ports.Jobs` that lists."""

    _database: Database

    def page(
        self,
        where: JobFilter = JobFilter(),  # noqa: B008 # a frozen value
        *,
        sort: JobSort = "-created_at",
        limit: int = 50,
        after: After | None = None,
    ) -> list[Job]:
        values = where.model_dump() | {"statuses": [str(each) for each in where.statuses]}
        with self._database.transaction() as connection:
            found = connection.execute(_ordered(SQL["jobs"], sort), _continued(values, limit, after))
            return [rows.job(row) for row in found]


class VideoListing:
    """The part of `ports.Videos` that lists."""

    _database: Database

    def page(
        self,
        where: VideoFilter = VideoFilter(),  # noqa: B008 # a frozen value
        *,
        sort: VideoSort = "-created_at",
        limit: int = 50,
        after: After | None = None,
    ) -> list[Video]:
        with self._database.transaction() as connection:
            found = connection.execute(_ordered(SQL["videos"], sort), _continued(where.model_dump(), limit, after))
            return [rows.video(row) for row in found]


def _ordered(statement: LiteralString, sort: str) -> sql.Composed:
    key, value = _KEYS[sort.removeprefix("-")]
    backwards = sort.startswith("-")
    return sql.SQL(statement).format(
        key=sql.SQL(key),
        value=sql.SQL(value),
        beyond=sql.SQL("<" if backwards else ">"),
        direction=sql.SQL("desc" if backwards else "asc"),
    )


def _continued(values: Mapping[str, Any], limit: int, after: After | None) -> dict[str, Any]:
    return {**values, "limit": limit, "value": after and after.value, "last": after and after.id}

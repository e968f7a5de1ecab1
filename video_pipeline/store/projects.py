"""Slideshow projects and their audit trails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.errors import NotFound
from video_pipeline.model import Project, ProjectEvent, ProjectFilm, digest, manifest_text
from video_pipeline.ports import After, Change
from video_pipeline.store import rows

SQL = Queries(Path(__file__).with_name("projects.sql"))
_FIELDS = set(Project.model_fields)


class PostgresProjects:
    """`ports.Projects` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, project: Project) -> Project:
        values = {**_manifest(project.manifest), "id": project.id, "created_by": project.created_by}
        with self._database.transaction() as connection:
            connection.execute(SQL["create"], values | {"expires_at": project.expires_at})
            _note(connection, project.id, project.created_by, "created")
            return _get(connection, project.id)

    def get(self, project_id: UUID) -> Project:
        with self._database.transaction() as connection:
            return _get(connection, project_id)

    def page(self, *, limit: int = 50, after: After | None = None) -> list[Project]:
        values = {"limit": limit, "value": after and after.value, "last": after and after.id}
        with self._database.transaction() as connection:
            return [_project(row) for row in connection.execute(SQL["page"], values)]

    def change(self, project_id: UUID, by: str, do: Callable[[Project], Change | None]) -> Project:
        with self._database.transaction() as connection:
            connection.execute(SQL["hold"], {"id": project_id})
            before = _get(connection, project_id)
            change = do(before)
            if change is None:
                return before
            connection.execute(SQL["change"], {**_manifest(change.manifest), "id": project_id})
            _note(connection, project_id, by, change.what, change.detail)
            return _get(connection, project_id)

    def ordered(self, project_id: UUID, job_id: UUID, by: str, *, ask: bool) -> Project:
        with self._database.transaction() as connection:
            connection.execute(SQL["hold"], {"id": project_id})
            _get(connection, project_id)
            connection.execute(SQL["ordered"], {"id": project_id, "job_id": job_id, "ask": ask})
            _note(connection, project_id, by, "render ordered", {"job_id": str(job_id), "ask": ask})
            return _get(connection, project_id)

    def rendered(self, project_id: UUID, film: ProjectFilm, by: str) -> bool:
        with self._database.transaction() as connection:
            kept = connection.execute(SQL["rendered"], {"id": project_id, "film": rows.as_json(film)}).fetchone()
            if kept is not None:
                detail = {"sha256": film.sha256, "size": film.size, "seconds": film.seconds}
                _note(connection, project_id, by, "rendered", detail)
        return kept is not None

    def became_video(self, project_id: UUID, job_id: UUID, by: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["became_video"], {"id": project_id, "job_id": job_id})
            _note(connection, project_id, by, "put into the pipeline", {"job_id": str(job_id)})

    def events(self, project_id: UUID) -> list[ProjectEvent]:
        with self._database.transaction() as connection:
            if connection.execute(SQL["known"], {"id": project_id}).fetchone() is None:
                raise _not_found(project_id)
            return [ProjectEvent.model_validate(row) for row in connection.execute(SQL["events"], {"id": project_id})]

    def begin_removal(self, project_id: UUID, by: str) -> Project:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["begin_removal"], {"id": project_id}).fetchone()
            if row is None:
                raise _not_found(project_id)
            _note(connection, project_id, by, "removal begun")
        return _project(row)

    def end_removal(self, project_id: UUID, receipt: Mapping[str, Any], by: str) -> None:
        with self._database.transaction() as connection:
            values = {"id": project_id, "receipt": Jsonb(dict(receipt))}
            if connection.execute(SQL["end_removal"], values).fetchone():
                _note(connection, project_id, by, "removed", receipt)

    def expired(self, *, limit: int) -> list[UUID]:
        with self._database.transaction() as connection:
            return [row["id"] for row in connection.execute(SQL["expired"], {"limit": limit})]


def _get(connection: Connection, project_id: UUID) -> Project:
    row = connection.execute(SQL["project"], {"id": project_id}).fetchone()
    if row is None:
        raise _not_found(project_id)
    return _project(row)


def _note(
    connection: Connection, project_id: UUID, who: str, what: str, detail: Mapping[str, Any] | None = None
) -> None:
    connection.execute(SQL["note"], {"id": project_id, "who": who, "what": what, "detail": Jsonb(dict(detail or {}))})


def _project(row: Row) -> Project:
    return Project.model_validate({key: value for key, value in row.items() if key in _FIELDS})


def _manifest(document: Mapping[str, Any]) -> dict[str, str]:
    text = manifest_text(document)
    return {"manifest": text, "sha256": digest(text)}


def _not_found(project_id: UUID) -> NotFound:
    return NotFound(
        "project_not_found", f"There is no project {project_id}.", hint="It may have been removed, or have expired."
    )

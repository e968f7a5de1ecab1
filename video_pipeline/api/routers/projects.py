"""Slideshow projects: bring pictures and a sound together, and have a film made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from video_pipeline import layout
from video_pipeline.api.dependencies import ApiDependencies, Caller, Deps
from video_pipeline.api.models.projects import (
    AuditEvent,
    AuditTrail,
    FilmResponse,
    ProjectInfo,
    ProjectPage,
    ProjectRequest,
    ProjectResponse,
    RemovalResponse,
    RenderRequest,
)
from video_pipeline.api.paging import Cursor, Limit, page_of
from video_pipeline.api.problems import refusals
from video_pipeline.errors import NotFound
from video_pipeline.model import ApiKey, ObjectRef, Project
from video_pipeline.ports import After
from video_pipeline.projects import manifests

router = APIRouter(tags=["projects"])
_SORT: Final = "-created_at"


# ---------------------------------------------------------------------------------------------- projects
@router.post("/projects", status_code=201, summary="Begin a project")
def create_project(request: ProjectRequest, deps: Deps, caller: Caller, response: Response) -> ProjectResponse:
    wishes = request.model_dump(mode="json", exclude_none=True)
    project = deps.projects.collecting.create(wishes, who(caller))
    response.headers["Location"] = f"{address(deps)}/projects/{project.id}"
    return with_links(deps, project)


@router.get("/projects", summary="Projects, newest first")
def list_projects(deps: Deps, limit: Limit = 50, cursor: Cursor = None) -> ProjectPage:
    shown, following = page_of(
        lambda most, after: deps.ledger.projects.page(limit=most, after=after),
        limit,
        cursor,
        sort=_SORT,
        last=lambda project: After(project.created_at, project.id),
    )
    return ProjectPage(items=[ProjectInfo.of(each) for each in shown], next=following)


@router.get("/projects/{project_id}", summary="A project, its files, and how far its film is", responses=refusals(404))
def get_project(project_id: UUID, deps: Deps) -> ProjectResponse:
    return with_links(deps, deps.ledger.projects.get(project_id))


@router.delete("/projects/{project_id}", summary="Remove a project and its film", responses=refusals(404))
def remove_project(project_id: UUID, deps: Deps, caller: Caller) -> RemovalResponse:
    """A video that the film became stays. The receipt is in the audit trail too, which stays."""
    return RemovalResponse.model_validate(deps.projects.removing.remove(project_id, who(caller)))


@router.get("/projects/{project_id}/audit", summary="Who did what, and when", responses=refusals(404))
def get_audit_trail(project_id: UUID, deps: Deps) -> AuditTrail:
    """Also of a project that was removed."""
    events = deps.ledger.projects.events(project_id)
    return AuditTrail(project_id=project_id, events=[AuditEvent.of(each) for each in events])


# -------------------------------------------------------------------------------------------------- film
@router.post(
    "/projects/{project_id}/render", status_code=202, summary="Have the film made", responses=refusals(404, 409)
)
def render_project(project_id: UUID, request: RenderRequest, deps: Deps, caller: Caller) -> ProjectResponse:
    """Repeating it is harmless: the same manifest is rendered once, and again only if that failed."""
    return with_links(deps, deps.projects.ordering.order(project_id, who(caller), ask=request.ask))


@router.get("/projects/{project_id}/film", summary="Links to the film", responses=refusals(404))
def get_film(project_id: UUID, deps: Deps) -> FilmResponse:
    project = deps.ledger.projects.get(project_id)
    film = project.film
    if film is None:
        hint = "Order it, and wait for its job." if project.job_id is None else "Look at the project's state."
        raise NotFound("film_missing", "There is no film of this project (yet).", hint=hint)
    seconds, name = deps.presign_seconds, f"{project.title or 'Slideshow'}.mp4"
    return FilmResponse(
        project_id=project_id,
        video_url=deps.objects.presign_get(film.media, seconds=seconds),
        download_url=deps.objects.presign_get(film.media, seconds=seconds, filename=name),
        captions_url=deps.objects.presign_get(film.captions, seconds=seconds) if film.captions else None,
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        current=film.manifest == project.manifest_sha256,
        seconds=film.seconds,
        size=film.size,
        sha256=film.sha256,
        rendered_at=film.rendered_at,
    )


# ----------------------------------------------------------------------------------------------- helpers
def with_links(deps: ApiDependencies, project: Project) -> ProjectResponse:
    """A project with links to its files that may be used for a while."""
    job = deps.ledger.jobs.get(project.job_id) if project.job_id else None
    links = {
        file: deps.objects.presign_get(
            ObjectRef(bucket=deps.media_bucket, key=layout.project_key(project.id, file)), seconds=deps.presign_seconds
        )
        for file in sorted(manifests.files(project.manifest))
    }
    progress = job.progress if job and project.state == "rendering" else None
    failure = job.failure if job and project.state == "failed" else None
    return ProjectResponse.with_details(project, links, progress, failure)


def who(caller: ApiKey) -> str:
    """As the audit trail has it."""
    return f"api key {caller.prefix}"


def address(deps: ApiDependencies) -> str:
    """Where this API is."""
    return f"{deps.public_url.rstrip('/')}/api/v1"

"""Slideshow projects: bring pictures and a sound together, and have a film made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from video_pipeline import layout
from video_pipeline.api.dependencies import ApiDependencies, Caller, Deps
from video_pipeline.api.forms import UploadForm, pull, read_form
from video_pipeline.api.models.projects import (
    AuditEvent,
    AuditTrail,
    CaptionsRequest,
    FilmResponse,
    ImageAbout,
    ImageRequest,
    ManifestRequest,
    ProjectInfo,
    ProjectPage,
    ProjectRequest,
    ProjectResponse,
    ProjectUpload,
    ProjectUploadComplete,
    ProjectUploadRequest,
    RemovalResponse,
    RenderRequest,
)
from video_pipeline.api.paging import Cursor, Limit, page_of
from video_pipeline.api.problems import refusals
from video_pipeline.api.routers.upload import checked
from video_pipeline.errors import BadInput, NotFound
from video_pipeline.model import ApiKey, ObjectRef, Project
from video_pipeline.ports import After
from video_pipeline.projects import manifests

router = APIRouter(tags=["projects"])
_Taken = TypeVar("_Taken")
_FORM: Final = "multipart/form-data"
_SORT: Final = "-created_at"
_FILE: Final = {"type": "string", "format": "binary", "description": "Comes last."}


def _form(about: type[BaseModel] | None) -> dict[str, Any]:
    """A form with a file, and before it what is said about it."""
    fields = about.model_json_schema()["properties"] if about else {}
    said = {name: {"type": "string", "description": each.get("description", "")} for name, each in fields.items()}
    properties: dict[str, Any] = {**said, "file": _FILE}
    if "matters" in properties:
        properties["matters"]["description"] = 'A JSON list like `[{"x": 0.5, "y": 0.3}]`.'
    return {_FORM: {"schema": {"type": "object", "required": ["file"], "properties": properties}}}


_IMAGE_BODY: Final = {
    "required": True,
    "content": {
        **_form(ImageAbout),
        "application/json": {"schema": {"$ref": "#/components/schemas/ImageRequest"}},
    },
}


_MANIFEST_BODY: Final = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ManifestRequest"}}},
}


# ---------------------------------------------------------------------------------------------- projects
@router.post("/projects", status_code=201, summary="Begin a project")
def create_project(request: ProjectRequest, deps: Deps, caller: Caller, response: Response) -> ProjectResponse:
    wishes = request.model_dump(mode="json", exclude_none=True)
    project = deps.projects.collecting.create(wishes, _who(caller))
    response.headers["Location"] = f"{_api(deps)}/projects/{project.id}"
    return _shown(deps, project)


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
    return _shown(deps, deps.ledger.projects.get(project_id))


@router.delete("/projects/{project_id}", summary="Remove a project and its film", responses=refusals(404))
def remove_project(project_id: UUID, deps: Deps, caller: Caller) -> RemovalResponse:
    """A video that the film became stays. The receipt is in the audit trail too, which stays."""
    return RemovalResponse.model_validate(deps.projects.removing.remove(project_id, _who(caller)))


@router.get("/projects/{project_id}/audit", summary="Who did what, and when", responses=refusals(404))
def get_audit_trail(project_id: UUID, deps: Deps) -> AuditTrail:
    """Also of a project that was removed."""
    events = deps.ledger.projects.events(project_id)
    return AuditTrail(project_id=project_id, events=[AuditEvent.of(each) for each in events])


# ------------------------------------------------------------------------------------------------- files
@router.post(
    "/projects/{project_id}/images",
    status_code=201,
    summary="Add a picture, as a file or by its address",
    openapi_extra={"requestBody": _IMAGE_BODY},
    responses={
        **refusals(404, 408, 409, 413, 415),
        200: {"model": ProjectResponse, "description": "The project has this very picture already."},
    },
)
async def add_image(
    project_id: UUID, request: Request, response: Response, deps: Deps, caller: Caller
) -> ProjectResponse:
    """JPEG, PNG, WebP or AVIF. The same picture is in a project once."""
    kind = _content_type(request)
    if kind == _FORM:
        taken = await _from_form(
            request,
            set(ImageAbout.model_fields),
            lambda form: deps.projects.collecting.add_uploaded(
                project_id, form.filename, form.pieces, checked(ImageAbout, form.fields).said(), _who(caller)
            ),
        )
    elif kind == "application/json":
        wanted = checked(ImageRequest, await request.body())
        add = deps.projects.collecting.add_from_url
        taken = await run_in_threadpool(add, project_id, wanted.url, wanted.said(), _who(caller))
    else:
        raise _wrong_kind("A picture comes as multipart/form-data, or as application/json with its address.")
    project, new = taken
    response.status_code = 201 if new else 200
    return await run_in_threadpool(_shown, deps, project)


@router.post(
    "/projects/{project_id}/audio",
    summary="Set the sound; the film is as long as it",
    openapi_extra={"requestBody": {"required": True, "content": _form(None)}},
    responses=refusals(404, 408, 409, 413, 415),
)
async def set_audio(project_id: UUID, request: Request, deps: Deps, caller: Caller) -> ProjectResponse:
    """A sound file, or a video whose sound is taken."""
    if _content_type(request) != _FORM:
        raise _wrong_kind("A sound comes as multipart/form-data.")
    project = await _from_form(
        request,
        (),
        lambda form: deps.projects.collecting.set_audio(project_id, form.filename, form.pieces, _who(caller)),
    )
    return await run_in_threadpool(_shown, deps, project)


@router.put(
    "/projects/{project_id}/captions", summary="Set what is said in the sound", responses=refusals(404, 409, 413, 415)
)
def set_captions(project_id: UUID, request: CaptionsRequest, deps: Deps, caller: Caller) -> ProjectResponse:
    data = request.content.encode("utf-8", "replace")
    project = deps.projects.collecting.set_captions(
        project_id, request.filename, data, _who(caller), timing=request.timing, show=request.show
    )
    return _shown(deps, project)


@router.put(
    "/projects/{project_id}/manifest",
    summary="Order, time and mark pictures",
    openapi_extra={"requestBody": _MANIFEST_BODY},
    responses=refusals(404, 409),
)
async def replace_manifest(project_id: UUID, request: Request, deps: Deps, caller: Caller) -> ProjectResponse:
    """The whole manifest, as `GET /projects/{project_id}` has it, with what is to be different."""
    said = checked(ManifestRequest, await request.body(), strict=True).said()
    project = await run_in_threadpool(deps.projects.collecting.replace, project_id, said, _who(caller))
    return await run_in_threadpool(_shown, deps, project)


@router.post(
    "/projects/{project_id}/uploads",
    status_code=201,
    summary="Ask for URLs to upload a large file to",
    responses=refusals(404, 409, 413, 415),
)
def grant_project_upload(project_id: UUID, request: ProjectUploadRequest, deps: Deps) -> ProjectUpload:
    granted = deps.projects.sending.grant(project_id, request.kind, request.filename, request.size)
    return ProjectUpload.of(granted.file, granted.parts, f"{_api(deps)}/projects/{project_id}/uploads/complete")


@router.post(
    "/projects/{project_id}/uploads/complete",
    summary="Complete an upload that was made in parts",
    responses=refusals(404, 409, 413, 415),
)
def complete_project_upload(
    project_id: UUID, request: ProjectUploadComplete, deps: Deps, caller: Caller
) -> ProjectResponse:
    project, _ = deps.projects.sending.complete(
        project_id,
        request.kind,
        request.file,
        request.upload_id,
        request.etags,
        request.said(),
        _who(caller),
    )
    return _shown(deps, project)


# -------------------------------------------------------------------------------------------------- film
@router.post(
    "/projects/{project_id}/render", status_code=202, summary="Have the film made", responses=refusals(404, 409)
)
def render_project(project_id: UUID, request: RenderRequest, deps: Deps, caller: Caller) -> ProjectResponse:
    """Repeating it is harmless: the same manifest is rendered once, and again only if that failed."""
    return _shown(deps, deps.projects.ordering.order(project_id, _who(caller), ask=request.ask))


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
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        current=film.manifest == project.manifest_sha256,
        seconds=film.seconds,
        size=film.size,
        sha256=film.sha256,
        rendered_at=film.rendered_at,
    )


# ----------------------------------------------------------------------------------------------- helpers
def _shown(deps: ApiDependencies, project: Project) -> ProjectResponse:
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


async def _from_form(request: Request, fields: Collection[str], do: Callable[[UploadForm], _Taken]) -> _Taken:
    chunks = pull(request, asyncio.get_running_loop())
    kind = request.headers["content-type"]
    return await run_in_threadpool(lambda: do(read_form(kind, chunks, fields=fields)))


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _wrong_kind(said: str) -> BadInput:
    return BadInput("unsupported_content_type", said, hint="Set the Content-Type header accordingly.")


def _who(caller: ApiKey) -> str:
    return f"api key {caller.prefix}"


def _api(deps: ApiDependencies) -> str:
    return f"{deps.public_url.rstrip('/')}/api/v1"

"""What a project is made of: pictures, fonts, a sound, captions and the manifest that names them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from video_pipeline.api.dependencies import Caller, Deps
from video_pipeline.api.forms import UploadForm, pull, read_form
from video_pipeline.api.models.projects import (
    CaptionsRequest,
    ImageAbout,
    ImageRequest,
    ManifestRequest,
    ProjectResponse,
    ProjectUpload,
    ProjectUploadComplete,
    ProjectUploadRequest,
)
from video_pipeline.api.problems import refusals
from video_pipeline.api.routers.projects import address, who, with_links
from video_pipeline.api.routers.upload import checked
from video_pipeline.errors import BadInput

router = APIRouter(tags=["projects"])
_Taken = TypeVar("_Taken")
_FORM: Final = "multipart/form-data"
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
                project_id, form.filename, form.pieces, checked(ImageAbout, form.fields).said(), who(caller)
            ),
        )
    elif kind == "application/json":
        wanted = checked(ImageRequest, await request.body())
        add = deps.projects.collecting.add_from_url
        taken = await run_in_threadpool(add, project_id, wanted.url, wanted.said(), who(caller))
    else:
        raise _wrong_kind("A picture comes as multipart/form-data, or as application/json with its address.")
    project, new = taken
    response.status_code = 201 if new else 200
    return await run_in_threadpool(with_links, deps, project)


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
        lambda form: deps.projects.collecting.set_audio(project_id, form.filename, form.pieces, who(caller)),
    )
    return await run_in_threadpool(with_links, deps, project)


@router.post(
    "/projects/{project_id}/fonts",
    status_code=201,
    summary="Add a font for what is written",
    openapi_extra={"requestBody": {"required": True, "content": _form(None)}},
    responses={
        **refusals(404, 408, 409, 413, 415),
        200: {"model": ProjectResponse, "description": "The project has this very font already."},
    },
)
async def add_font(
    project_id: UUID, request: Request, response: Response, deps: Deps, caller: Caller
) -> ProjectResponse:
    """TrueType or OpenType. Fonts are asked for letters in the order in which they came, or of the manifest."""
    if _content_type(request) != _FORM:
        raise _wrong_kind("A font comes as multipart/form-data.")
    project, new = await _from_form(
        request,
        (),
        lambda form: deps.projects.collecting.add_font(project_id, form.filename, form.pieces, who(caller)),
    )
    response.status_code = 201 if new else 200
    return await run_in_threadpool(with_links, deps, project)


@router.put(
    "/projects/{project_id}/captions", summary="Set what is said in the sound", responses=refusals(404, 409, 413, 415)
)
def set_captions(project_id: UUID, request: CaptionsRequest, deps: Deps, caller: Caller) -> ProjectResponse:
    data = request.content.encode("utf-8", "replace")
    project = deps.projects.collecting.set_captions(
        project_id, request.filename, data, who(caller), timing=request.timing, show=request.show
    )
    return with_links(deps, project)


@router.put(
    "/projects/{project_id}/manifest",
    summary="Order, time and mark pictures",
    openapi_extra={"requestBody": _MANIFEST_BODY},
    responses=refusals(404, 409),
)
async def replace_manifest(project_id: UUID, request: Request, deps: Deps, caller: Caller) -> ProjectResponse:
    """The whole manifest, as `GET /projects/{project_id}` has it, with what is to be different."""
    said = checked(ManifestRequest, await request.body(), strict=True).said()
    project = await run_in_threadpool(deps.projects.collecting.replace, project_id, said, who(caller))
    return await run_in_threadpool(with_links, deps, project)


@router.post(
    "/projects/{project_id}/uploads",
    status_code=201,
    summary="Ask for URLs to upload a large file to",
    responses=refusals(404, 409, 413, 415),
)
def grant_project_upload(project_id: UUID, request: ProjectUploadRequest, deps: Deps) -> ProjectUpload:
    granted = deps.projects.sending.grant(project_id, request.kind, request.filename, request.size)
    return ProjectUpload.of(granted.file, granted.parts, f"{address(deps)}/projects/{project_id}/uploads/complete")


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
        who(caller),
    )
    return with_links(deps, project)


# ----------------------------------------------------------------------------------------------- helpers
async def _from_form(request: Request, fields: Collection[str], do: Callable[[UploadForm], _Taken]) -> _Taken:
    chunks = pull(request, asyncio.get_running_loop())
    kind = request.headers["content-type"]
    return await run_in_threadpool(lambda: do(read_form(kind, chunks, fields=fields)))


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _wrong_kind(said: str) -> BadInput:
    return BadInput("unsupported_content_type", said, hint="Set the Content-Type header accordingly.")

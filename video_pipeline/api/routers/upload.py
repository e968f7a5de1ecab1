"""Uploads: through the API, or past it in presigned parts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from video_pipeline.api.dependencies import ApiDependencies, Deps
from video_pipeline.api.forms import pull, read_upload_form
from video_pipeline.api.models.uploads import (
    CompleteRequest,
    PartsRequest,
    RenewedParts,
    UnfinishedUpload,
    UploadDescription,
    UploadParts,
    UploadRequest,
    UploadResponse,
)
from video_pipeline.api.problems import refusals
from video_pipeline.errors import BadInput
from video_pipeline.estimating import expected_end
from video_pipeline.model import Job
from video_pipeline.topology import LIMITS
from video_pipeline.uploading import has_arrived, upload_too_large

router = APIRouter(tags=["upload"])
_Read = TypeVar("_Read", bound=BaseModel)

# What a form may hold beside its file.
_FORM_OVERHEAD: Final = LIMITS.caption_bytes + 4 * 1024**2
_BODIES: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "title": {"type": "string", "maxLength": LIMITS.title_chars},
                    "language": {"type": "string", "description": "A BCP 47 tag.", "examples": ["en-US"]},
                    "recorded_on": {"type": "string", "format": "date"},
                    "metadata": {
                        "type": "string",
                        "description": 'A JSON object of texts, like `{"course": "Physics"}`.',
                    },
                    "captions": {
                        "type": "string",
                        "format": "binary",
                        "description": "A .vtt, .srt or transcript .json file.",
                    },
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "The video or audio file. Comes last.",
                    },
                },
            },
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/UploadRequest"}},
    },
}


@router.post(
    "/upload",
    status_code=201,
    summary="Upload a video, or ask for presigned URLs",
    openapi_extra={"requestBody": _BODIES},
    responses=refusals(408, 413, 415),
)
async def upload_video(request: Request, response: Response, deps: Deps) -> UploadResponse:
    """Two forms. **multipart/form-data** streams the file through the API; every other field comes before `file`.

    **application/json** answers with presigned URLs: PUT each part, keep the ETags, then complete the upload.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        answer = await _through_here(request, deps)
    elif kind == "application/json":
        wanted = checked(UploadRequest, await request.body())
        answer = await run_in_threadpool(_granted, deps, wanted)
    else:
        raise BadInput(
            "unsupported_content_type",
            "An upload comes as multipart/form-data, or as application/json asking for presigned URLs.",
            hint="Set the Content-Type header accordingly.",
        )
    response.headers["Location"] = answer.status_url
    return answer


@router.put(
    "/upload/{job_id}/captions",
    status_code=204,
    summary="Send the captions that an upload announced",
    responses=refusals(404, 409, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload_captions(job_id: UUID, request: Request, deps: Deps) -> None:
    """The file as it is, whatever its encoding. Before the upload is completed."""
    data = await request.body()
    await run_in_threadpool(deps.uploading.add_captions, job_id, data)


@router.get(
    "/upload/{job_id}/parts",
    summary="How far an upload in parts is",
    responses=refusals(404, 409),
)
def get_upload_parts(job_id: UUID, deps: Deps) -> UnfinishedUpload:
    """Whoever lost the connection, or the page, goes on from here."""
    return UnfinishedUpload.of(deps.uploading.unfinished(job_id), _upload(deps, job_id))


@router.post(
    "/upload/{job_id}/parts",
    summary="Renew presigned URLs of an upload's parts",
    responses=refusals(404, 409),
)
def renew_upload_parts(job_id: UUID, request: PartsRequest, deps: Deps) -> RenewedParts:
    """For parts that have not been sent when their URLs expired. Older URLs hold on for as long as they would have."""
    return RenewedParts.of(deps.uploading.renew(job_id, request.numbers))


@router.post(
    "/upload/{job_id}/complete",
    summary="Complete an upload that was made in parts",
    responses=refusals(404, 409, 413),
)
def complete_upload(job_id: UUID, request: CompleteRequest, deps: Deps) -> UploadResponse:
    """Repeating it is harmless."""
    return answer_of(deps, deps.uploading.complete(job_id, request.etags))


async def _through_here(request: Request, deps: ApiDependencies) -> UploadResponse:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > deps.uploading.form_bytes + _FORM_OVERHEAD:
        raise upload_too_large(deps.uploading.form_bytes)
    chunks = pull(request, asyncio.get_running_loop())
    return await run_in_threadpool(_received, deps, request.headers["content-type"], chunks)


def _received(deps: ApiDependencies, content_type: str, chunks: Iterator[bytes]) -> UploadResponse:
    form = read_upload_form(content_type, chunks)
    about = checked(UploadDescription, form.fields)
    job = deps.uploading.receive(form.filename, form.pieces, about, captions=form.captions)
    return answer_of(deps, job)


def _granted(deps: ApiDependencies, wanted: UploadRequest) -> UploadResponse:
    granted = deps.uploading.grant(wanted.filename, wanted.size, wanted, captions_filename=wanted.captions_filename)
    job = granted.job
    return answer_of(deps, job, UploadParts.of(granted.parts, _upload(deps, job.id), captions=granted.captions))


def answer_of(deps: ApiDependencies, job: Job, parts: UploadParts | None = None) -> UploadResponse:
    arrived = has_arrived(job)
    return UploadResponse(
        job_id=job.id,
        status=job.status,
        video_url=job.source.media.uri,
        estimated_completion=expected_end(deps.ledger.jobs, job, datetime.now(UTC)) if arrived else None,
        status_url=f"{_api(deps)}/status/{job.id}",
        parts=parts,
    )


def _upload(deps: ApiDependencies, job_id: UUID) -> str:
    return f"{_api(deps)}/upload/{job_id}"


def _api(deps: ApiDependencies) -> str:
    return f"{deps.public_url.rstrip('/')}/api/v1"


def checked(kind: type[_Read], given: bytes | dict[str, Any], *, strict: bool | None = None) -> _Read:
    """For bodies that the framework does not read. RequestValidationError as it would raise it."""
    try:
        return (
            kind.model_validate_json(given, strict=strict) if isinstance(given, bytes) else kind.model_validate(given)
        )
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in faults]) from error

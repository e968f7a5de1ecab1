"""Transcripts whose films are not here."""

from __future__ import annotations

from fastapi import APIRouter, Response

from video_pipeline.api.dependencies import Deps
from video_pipeline.api.models.uploads import TranscriptRequest, UploadResponse
from video_pipeline.api.problems import refusals
from video_pipeline.api.routers.upload import answer_of

router = APIRouter(tags=["upload"])


@router.post("/transcripts", status_code=201, summary="Import a transcript without its film", responses=refusals(413))
def import_transcript(request: TranscriptRequest, response: Response, deps: Deps) -> UploadResponse:
    """For meetings that were recorded elsewhere. The same document twice is one video."""
    job = deps.importing.take(request.content.encode(), request.filename, request)
    answer = answer_of(deps, job)
    response.headers["Location"] = answer.status_url
    return answer

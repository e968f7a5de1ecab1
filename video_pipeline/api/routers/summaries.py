"""Summaries: read them in the form that is liked, ask for a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Response

from video_pipeline import layout
from video_pipeline.api.conditional import NOT_MODIFIED, IfNoneMatch, conditional, entity_tag
from video_pipeline.api.dependencies import ApiDependencies, Deps
from video_pipeline.api.models.summaries import ResummaryResponse, SummaryResponse
from video_pipeline.api.negotiation import preferred
from video_pipeline.api.problems import refusals
from video_pipeline.errors import NotFound
from video_pipeline.model import Video
from video_pipeline.moments import moments
from video_pipeline.summaries.document import KeptSummary
from video_pipeline.summaries.markdown import markdown_of
from video_pipeline.summaries.outline import Link, outline, title_of_video
from video_pipeline.transcripts.writers import write_chapters

router = APIRouter(tags=["summaries"])

Form = Literal["json", "md", "pdf", "docx", "vtt"]
_FORMS: Final[dict[str, Form]] = {
    "application/json": "json",
    "text/markdown": "md",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/vtt": "vtt",
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_TEXT: Final = {"schema": {"type": "string"}}
_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    **refusals(404),
    **NOT_MODIFIED,
    200: {
        "model": SummaryResponse,
        "description": "The summary as JSON, Markdown, PDF or Word; as WebVTT its chapters.",
        "content": {
            media_type: _BINARY if form in ("pdf", "docx") else _TEXT
            for media_type, form in _FORMS.items()
            if form != "json"
        },
    },
}


@router.get("/summary/{job_id}/summary.{form}", summary="The summary in one form", responses=_ANSWER)
def get_summary_form(job_id: UUID, form: Form, deps: Deps, if_none_match: IfNoneMatch = None) -> Response:
    return _answer(deps, job_id, form, if_none_match)


@router.get("/summary/{job_id}", summary="The summary of a job's video", responses={**_ANSWER, **refusals(406)})
def get_summary(
    job_id: UUID, deps: Deps, accept: Annotated[str | None, Header()] = None, if_none_match: IfNoneMatch = None
) -> Response:
    """JSON, Markdown, PDF, Word or (its chapters) WebVTT by the Accept header; JSON when it does not matter."""
    return _answer(deps, job_id, _FORMS[preferred(accept, list(_FORMS))], if_none_match)


@router.post("/summary/{job_id}", status_code=202, summary="Summarise a video again", responses=refusals(404, 409))
def summarise_again(job_id: UUID, deps: Deps, response: Response) -> ResummaryResponse:
    video_id = deps.resummarising.ask(job_id)
    url = f"{deps.public_url.rstrip('/')}/api/v1/summary/{job_id}"
    response.headers["Location"] = url
    return ResummaryResponse(job_id=job_id, video_id=video_id, summary_url=url)


def _answer(deps: ApiDependencies, job_id: UUID, form: Form, if_none_match: str | None) -> Response:
    job = deps.ledger.jobs.get(job_id)
    if job.video_id is None:
        raise NotFound("summary_missing", f"Job {job_id} has not read its video yet.", hint="Follow its status.")
    kept, video = deps.ledger.summaries.get(job.video_id), deps.ledger.videos.get(job.video_id)
    # Title and address stand in it, so that a change of either makes another document.
    tag = entity_tag(job_id, kept.etag, video.title, deps.public_url, form)
    return conditional(if_none_match, tag, lambda: _written(job_id, kept, video, moments(deps.public_url), form))


def _written(job_id: UUID, kept: KeptSummary, video: Video, link: Link, form: Form) -> Response:
    if form == "json":
        told = SummaryResponse.of(job_id, kept, video, link, markdown_of(kept.summary, video, link))
        return Response(told.model_dump_json(), media_type="application/json")
    headers = {"Content-Disposition": _disposition(video, form)}
    content = _WRITERS[form](kept, video, link)
    return Response(content, media_type=layout.content_type(f"summary.{form}"), headers=headers)


def _markdown(kept: KeptSummary, video: Video, link: Link) -> bytes:
    return markdown_of(kept.summary, video, link).encode()


def _chapters(kept: KeptSummary, _video: Video, _link: Link) -> bytes:
    return write_chapters((each.start, each.end, each.title) for each in kept.summary.chapters).encode()


def _pdf(kept: KeptSummary, video: Video, link: Link) -> bytes:
    # A function that is never asked for a paper never loads what draws one.
    from video_pipeline.papers.pdf import write_pdf

    return write_pdf(outline(kept.summary, video, link), language=kept.summary.language)


def _docx(kept: KeptSummary, video: Video, link: Link) -> bytes:
    from video_pipeline.papers.docx import write_docx

    return write_docx(outline(kept.summary, video, link), language=kept.summary.language)


_WRITERS: Final[dict[str, Callable[[KeptSummary, Video, Link], bytes]]] = {
    "md": _markdown,
    "vtt": _chapters,
    "pdf": _pdf,
    "docx": _docx,
}


def _disposition(video: Video, form: Form) -> str:
    """RFC 6266: the title in any script for those who can read it, ASCII for the others."""
    name = f"{title_of_video(video)[:100]} summary.{form}"
    kind = "attachment" if form in ("pdf", "docx") else "inline"
    return f"{kind}; filename=\"{layout.safe_key_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}"

"""Videos: read, play, erase."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from video_pipeline import layout
from video_pipeline.api.conditional import NOT_MODIFIED, IfNoneMatch, conditional, entity_tag
from video_pipeline.api.dependencies import ApiDependencies, Caller, Deps
from video_pipeline.api.models.filters import Text, VideoQuery
from video_pipeline.api.models.videos import (
    ErasureResponse,
    PlaybackResponse,
    ThumbnailInfo,
    TranscriptMatch,
    TranscriptMatches,
    VideoInfo,
    VideoPage,
    VideoResponse,
)
from video_pipeline.api.negotiation import preferred
from video_pipeline.api.paging import Cursor, Limit, page_of
from video_pipeline.api.problems import refusals
from video_pipeline.errors import BadQuestion, NotFound
from video_pipeline.model import ObjectRef, TranscriptRecord, Video, VideoSort
from video_pipeline.ports import After
from video_pipeline.topology import IMPORTED
from video_pipeline.transcripts.finding import find, folded
from video_pipeline.transcripts.json_format import raw_segments

router = APIRouter(tags=["videos"])

_TRANSCRIPT_BYTES: Final = 256 * 1024**2
_FORMS: Final[dict[str, layout.TranscriptFormat]] = {
    "application/json": "json",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
}
_TRANSCRIPT_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    **refusals(404),
    **NOT_MODIFIED,
    200: {
        "description": "The transcript as JSON, WebVTT or SubRip.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/TranscriptDocument"}},
            **{media_type: {"schema": {"type": "string"}} for media_type in list(_FORMS)[1:]},
        },
    },
}


@router.get("/videos", summary="Videos, newest first unless asked otherwise")
def list_videos(
    deps: Deps, wanted: Annotated[VideoQuery, Query()], limit: Limit = 50, cursor: Cursor = None
) -> VideoPage:
    """A filter that nothing passes gives an empty list."""
    where, videos, sort = wanted.wanted(), deps.ledger.videos, wanted.sort
    shown, following = page_of(
        lambda most, after: videos.page(where, sort=sort, limit=most, after=after),
        limit,
        cursor,
        sort=sort,
        last=lambda video: After(_sorted_by(video, sort), video.id),
    )
    return VideoPage(items=[VideoInfo.of(video, _shown(deps, video.poster)) for video in shown], next=following)


@router.get(
    "/videos/{video_id}",
    summary="A video with its media properties and its transcript's origin",
    responses=refusals(404),
)
def get_video(video_id: UUID, deps: Deps) -> VideoResponse:
    video = deps.ledger.videos.get(video_id)
    return VideoResponse.with_details(video, _shown(deps, video.poster), _transcript_of(deps, video_id))


@router.get(
    "/videos/{video_id}/transcript", summary="The transcript", responses={**_TRANSCRIPT_ANSWER, **refusals(406)}
)
def get_transcript(
    video_id: UUID, deps: Deps, accept: Annotated[str | None, Header()] = None, if_none_match: IfNoneMatch = None
) -> Response:
    """JSON, WebVTT or SubRip by the Accept header; JSON when it does not matter."""
    return _transcript(deps, video_id, _FORMS[preferred(accept, list(_FORMS))], if_none_match)


@router.get("/videos/{video_id}/transcript/search", summary="Where something is said", responses=refusals(404))
def search_transcript(
    video_id: UUID,
    deps: Deps,
    q: Annotated[Text, Query(description="Words as they are said, in any letter case; the last may be unfinished.")],
    skip: Annotated[int, Query(ge=0, le=1_000_000, description="How many places to pass over.")] = 0,
    limit: Limit = 50,
) -> TranscriptMatches:
    """Every place where these words follow each other, to the word where the transcript's source has its times."""
    if not folded(q):
        raise BadQuestion("query_empty", "There is no letter or digit to look for.", hint="Type a word.")
    record = deps.ledger.videos.transcript(video_id)
    data = deps.objects.read(ObjectRef(bucket=deps.results_bucket, key=record.key), limit=_TRANSCRIPT_BYTES)
    found, total = find(raw_segments(data), q, skip=skip, most=limit)
    items = [TranscriptMatch.of(each, deps.answering.link(video_id, each.start)) for each in found]
    return TranscriptMatches(video_id=video_id, query=q, total=total, items=items)


@router.get("/videos/{video_id}/transcript.{form}", summary="The transcript in one form", responses=_TRANSCRIPT_ANSWER)
def get_transcript_form(
    video_id: UUID, form: layout.TranscriptFormat, deps: Deps, if_none_match: IfNoneMatch = None
) -> Response:
    return _transcript(deps, video_id, form, if_none_match)


@router.get("/videos/{video_id}/playback", summary="Links to play a video", responses=refusals(404))
def get_playback(
    video_id: UUID,
    deps: Deps,
    thumbnails: Annotated[bool, Query(description="False leaves the thumbnails out.")] = True,
) -> PlaybackResponse:
    video = deps.ledger.videos.get(video_id)
    if video.info is not None and video.info.container == IMPORTED:
        raise NotFound("media_missing", "Only the transcript of this video is here, not its film.")
    seconds = deps.presign_seconds
    has_text = _transcript_of(deps, video_id) is not None
    stills = video.thumbnails if thumbnails else ()
    return PlaybackResponse(
        url=deps.objects.presign_get(video.media, seconds=seconds),
        download_url=deps.objects.presign_get(video.media, seconds=seconds, filename=video.filename),
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        poster_url=_shown(deps, video.poster),
        thumbnails=[ThumbnailInfo(at=still.at, url=_link(deps, still.key)) for still in stills],
        captions_url=_link(deps, layout.transcript_key(video_id, "vtt")) if has_text else None,
    )


@router.delete(
    "/videos/{video_id}",
    summary="Erase a video and everything made of it",
    responses={
        **refusals(404, 409),
        202: {"model": ErasureResponse, "description": "A job is at work on it; it is erased after that."},
    },
)
def erase_video(video_id: UUID, deps: Deps, caller: Caller, response: Response) -> ErasureResponse:
    """Nothing is shown of it from here on. The receipt says how many things went from each store."""
    receipt = deps.erasing.erase(video_id, f"api key {caller.prefix}")
    if receipt is None:
        response.status_code = 202
        return ErasureResponse(video_id=video_id, status="pending")
    return ErasureResponse(video_id=video_id, status="erased", receipt=dict(receipt))


def _transcript(
    deps: ApiDependencies, video_id: UUID, form: layout.TranscriptFormat, if_none_match: str | None
) -> Response:
    record = deps.ledger.videos.transcript(video_id)
    key = record.key if form == "json" else layout.transcript_key(video_id, form)

    def read() -> Response:
        data = deps.objects.read(ObjectRef(bucket=deps.results_bucket, key=key), limit=_TRANSCRIPT_BYTES)
        return Response(data, media_type=layout.content_type(key))

    return conditional(if_none_match, entity_tag(video_id, record.sha256, form), read)


def _transcript_of(deps: ApiDependencies, video_id: UUID) -> TranscriptRecord | None:
    try:
        return deps.ledger.videos.transcript(video_id)
    except NotFound:
        return None


def _sorted_by(video: Video, sort: VideoSort) -> datetime | str | float:
    if sort.endswith("title"):
        return video.title
    if sort.endswith("duration"):
        return video.info.duration if video.info else 0.0
    return video.created_at


def _shown(deps: ApiDependencies, key: str | None) -> str | None:
    return _link(deps, key) if key else None


def _link(deps: ApiDependencies, key: str) -> str:
    return deps.objects.presign_get(ObjectRef(bucket=deps.results_bucket, key=key), seconds=deps.presign_seconds)

"""Videos, how to play them, and what is left when one is erased."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from video_pipeline.api.models.base import ResponseModel
from video_pipeline.model import MediaInfo, TranscriptRecord, Video
from video_pipeline.transcripts.finding import Match
from video_pipeline.transcripts.model import Quality, Transcript, TranscriptSource


class VideoRef(ResponseModel):
    id: UUID
    title: str


class VideoInfo(VideoRef):
    filename: str
    duration: float | None = Field(description="Seconds; null until the file was read.")
    language: str | None
    recorded_on: date | None = Field(description="As its sender said, or as the file does.")
    has_picture: bool | None
    has_sound: bool | None
    metadata: dict[str, str]
    poster_url: str | None = Field(description="A link that works for a limited time.")
    job_id: UUID
    created_at: datetime
    indexed_at: datetime | None = Field(description="Since when it can be asked about; null before.")

    @classmethod
    def of(cls, video: Video, poster_url: str | None) -> VideoInfo:
        return VideoInfo(**_described(video, poster_url))


class VideoPage(ResponseModel):
    items: list[VideoInfo]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class TranscriptInfo(ResponseModel):
    """Where the transcript came from. A `low` quality is not to be relied on, and has to be said beside its text."""

    language: str | None
    source: TranscriptSource
    engine: str
    quality: Quality
    confidence: float | None
    segments: int
    words: int
    notes: list[str]

    @classmethod
    def of(cls, record: TranscriptRecord) -> Self:
        return cls(**record.model_dump(exclude={"video_id", "key", "sha256"}))


class VideoResponse(VideoInfo):
    sha256: str
    info: MediaInfo | None
    transcript: TranscriptInfo | None

    @classmethod
    def with_details(cls, video: Video, poster_url: str | None, transcript: TranscriptRecord | None) -> VideoResponse:
        return cls(
            **_described(video, poster_url),
            sha256=video.sha256,
            info=video.info,
            transcript=transcript and TranscriptInfo.of(transcript),
        )


class TranscriptDocument(Transcript):
    """A transcript as it is kept and can be sent in again. What is not known is left out."""

    format: Literal["video-pipeline/transcript"]
    version: Literal[1]


class TranscriptMatch(ResponseModel):
    """A place where the words stand; `start` and `end` are seconds, `link` plays it."""

    text: str = Field(description="What is said there and around it, word for word.")
    highlight_start: int = Field(description="The first character of `text` that fits, in Unicode code points.")
    highlight_end: int = Field(description="Behind the last one.")
    start: float
    end: float
    exact: bool = Field(description="True: the times of these words; false: of the segments they stand in.")
    speakers: list[str]
    link: str

    @classmethod
    def of(cls, match: Match, link: str) -> Self:
        return cls(
            text=match.text,
            highlight_start=match.first,
            highlight_end=match.last,
            start=match.start,
            end=match.end,
            exact=match.exact,
            speakers=list(match.speakers),
            link=link,
        )


class TranscriptMatches(ResponseModel):
    video_id: UUID
    query: str
    total: int = Field(description="How many places there are in all.")
    items: list[TranscriptMatch] = Field(description="In order of time, after the first `skip`.")


class ThumbnailInfo(ResponseModel):
    at: float = Field(description="Seconds from the start.")
    url: str


class PlaybackResponse(ResponseModel):
    """Links for a player; they work until `expires_at`."""

    url: str
    download_url: str
    expires_at: datetime
    poster_url: str | None
    thumbnails: list[ThumbnailInfo]
    captions_url: str | None = Field(description="WebVTT, made from the transcript.")


class ErasureResponse(ResponseModel):
    """`pending`: a job is at work on the video; it is erased when that job ends."""

    video_id: UUID
    status: Literal["erased", "pending"]
    receipt: dict[str, Any] | None = Field(
        default=None,
        description="How many things went from each store, and `not_ours`: originals in buckets that are not ours.",
    )


def _described(video: Video, poster_url: str | None) -> dict[str, Any]:
    info = video.info
    return {
        "id": video.id,
        "title": video.title,
        "filename": video.filename,
        "duration": info and info.duration,
        "language": video.language,
        "recorded_on": video.recorded_on,
        "has_picture": info and info.has_video,
        "has_sound": info and info.has_audio,
        "metadata": video.metadata,
        "poster_url": poster_url,
        "job_id": video.job_id,
        "created_at": video.created_at,
        "indexed_at": video.indexed_at,
    }

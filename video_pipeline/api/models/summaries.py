"""Summaries as programs read them."""

from __future__ import annotations

from datetime import date as date_
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from video_pipeline.api.models.base import ResponseModel
from video_pipeline.api.models.queries import UsageInfo
from video_pipeline.model import MediaInfo, Metadata, Video
from video_pipeline.summaries.document import ActionItem, KeptSummary, Kind, Quote, Statement, TimeBlock
from video_pipeline.summaries.outline import Link
from video_pipeline.transcripts.model import Quality


class QuoteInfo(ResponseModel):
    """Words that stand in the transcript between `start` and `end`."""

    text: str
    start: float
    end: float
    speaker: str | None
    link: str = Field(description="Plays the video from the second at which this is said.")

    @classmethod
    def of(cls, quote: Quote, video_id: UUID, link: Link) -> Self:
        return cls(**quote.model_dump(), link=link(video_id, quote.start))


class StatementInfo(ResponseModel):
    """A sentence of the summary, and where in the video what it says is told."""

    text: str
    start: float
    link: str

    @classmethod
    def of(cls, statement: Statement, video_id: UUID, link: Link) -> Self:
        return cls(text=statement.text, start=statement.start, link=link(video_id, statement.start))


class TimeBlockInfo(ResponseModel):
    number: int
    start: float = Field(description="Seconds from the start of the video.")
    end: float
    title: str
    points: list[str]
    speakers: list[str] = Field(description="Who says most comes first.")
    quotes: list[QuoteInfo] = Field(description="One for each point, in the same order, that bears it out.")
    engine: str = Field(description="`extractive` (the points are quotes themselves), or the language model's name.")
    link: str

    @classmethod
    def of(cls, block: TimeBlock, video_id: UUID, link: Link) -> Self:
        return cls(
            number=block.number,
            start=block.start,
            end=block.end,
            title=block.title,
            points=list(block.points),
            speakers=list(block.speakers),
            quotes=[QuoteInfo.of(each, video_id, link) for each in block.quotes],
            engine=block.engine,
            link=link(video_id, block.start),
        )


class ActionItemInfo(ResponseModel):
    text: str
    owner: str | None = Field(description="Only if it was said, or is whoever said it.")
    due: str | None = Field(description="By when, in the words in which it was said.")
    time: float = Field(description="Seconds from the start of the video.")
    quote: QuoteInfo
    link: str

    @classmethod
    def of(cls, item: ActionItem, video_id: UUID, link: Link) -> Self:
        return cls(
            text=item.text,
            owner=item.owner,
            due=item.due,
            time=item.quote.start,
            quote=QuoteInfo.of(item.quote, video_id, link),
            link=link(video_id, item.quote.start),
        )


class ChapterInfo(ResponseModel):
    start: float
    end: float
    title: str


class VideoSource(ResponseModel):
    """Which video this is the summary of."""

    video_id: UUID
    title: str
    filename: str
    link: str


class VideoMetadata(ResponseModel):
    """What is known of the video: its media properties, and what its sender said about it."""

    duration: float
    language: str | None
    speakers: list[str]
    info: MediaInfo | None
    metadata: Metadata


class SummaryResponse(ResponseModel):
    """All texts are plain: whatever looks like markup in them is none. `summary_markdown` is CommonMark."""

    job_id: UUID
    video_id: UUID
    date: date_ = Field(description="When the video was recorded, or came (UTC) if nobody knows.")
    created_at: datetime = Field(description="When it was summarised.")
    video_source: VideoSource
    summary_markdown: str
    kind: Kind
    kind_reason: str = Field(description="By what it was taken for that.")
    overview: list[StatementInfo]
    time_blocks: list[TimeBlockInfo]
    action_items: list[ActionItemInfo]
    chapters: list[ChapterInfo]
    video_metadata: VideoMetadata
    quality: Quality = Field(description="`low`: the transcript, and so the summary, is not to be relied on.")
    engine: str = Field(description="`extractive`, or the language model's name.")
    dropped: int = Field(
        description="How much a model wrote that the transcript does not bear out; none of it is here."
    )
    usage: UsageInfo | None = Field(description="What the language model was given and gave, all calls together.")
    notes: list[str]

    @classmethod
    def of(cls, job_id: UUID, kept: KeptSummary, video: Video, link: Link, markdown: str) -> Self:
        summary = kept.summary
        return cls(
            job_id=job_id,
            video_id=video.id,
            date=video.day,
            created_at=kept.created_at,
            video_source=VideoSource(
                video_id=video.id, title=video.title, filename=video.filename, link=link(video.id, 0)
            ),
            summary_markdown=markdown,
            kind=summary.kind,
            kind_reason=summary.kind_reason,
            overview=[StatementInfo.of(each, video.id, link) for each in summary.overview],
            time_blocks=[TimeBlockInfo.of(each, video.id, link) for each in summary.time_blocks],
            action_items=[ActionItemInfo.of(each, video.id, link) for each in summary.action_items],
            chapters=[ChapterInfo(**each.model_dump()) for each in summary.chapters],
            video_metadata=VideoMetadata(
                duration=summary.duration,
                language=summary.language,
                speakers=list(summary.speakers),
                info=video.info,
                metadata=video.metadata,
            ),
            quality=summary.quality,
            engine=summary.engine,
            dropped=summary.dropped,
            usage=summary.usage and UsageInfo.of(summary.usage),
            notes=list(summary.notes),
        )


class ResummaryResponse(ResponseModel):
    """A new summary has been ordered; until it is there the one before is shown."""

    job_id: UUID
    video_id: UUID
    summary_url: str

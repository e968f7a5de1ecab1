"""Questions and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator

from video_pipeline.api.models.base import RequestModel, ResponseModel
from video_pipeline.api.models.videos import VideoRef
from video_pipeline.events import Day, Language
from video_pipeline.model import Answer, Citation, Question, Result, SearchFilter
from video_pipeline.topology import LIMITS
from video_pipeline.transcripts.model import Quality, primary_tag

CalendarDay = Annotated[Day, WithJsonSchema({"type": "string", "format": "date"})]


class QueryRequest(RequestModel):
    """A question, and what the answer may be taken from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "What did we decide about the budget?"},
                {"query": "Who asked about Mars?", "top_k": 3, "date_from": "2026-01-01", "speaker_ids": ["spk_0"]},
            ]
        }
    )

    # Too short and too long are told by reason codes of their own, so the bounds are only described here.
    query: str = Field(json_schema_extra={"minLength": 1, "maxLength": LIMITS.question_chars})
    top_k: int = Field(default=5, ge=1, le=50, description="The most results.")
    min_score: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="Leaves out results below this score (0..1)."
    )
    date: CalendarDay | None = Field(default=None, description="Videos that arrived on this day (UTC).")
    date_from: CalendarDay | None = Field(default=None, description="Videos that arrived on this day or later.")
    date_to: CalendarDay | None = Field(default=None, description="Videos that arrived on this day or before.")
    video_id: UUID | None = Field(default=None, description="Only this video.")
    video_ids: list[UUID] = Field(default=[], max_length=200, description="Only these videos.")
    speaker_ids: list[str] = Field(default=[], max_length=200, description="Passages in which one of these speaks.")
    language: Language | None = Field(default=None, description="Videos in this language, such as `en`.")
    answer: bool = Field(default=True, description="False: only the passages are wanted.")

    @model_validator(mode="after")
    def _one_way_of_dates(self) -> Self:
        if self.date and (self.date_from or self.date_to):
            raise ValueError("give either date, or date_from and date_to")
        return self

    def question(self) -> Question:
        videos = (*self.video_ids, *([self.video_id] if self.video_id else []))
        where = SearchFilter(
            video_ids=tuple(dict.fromkeys(videos)),
            speakers=tuple(self.speaker_ids),
            date_from=self.date or self.date_from,
            date_to=self.date or self.date_to,
            language=primary_tag(self.language),
        )
        return Question(query=self.query, top_k=self.top_k, min_score=self.min_score, filter=where, answer=self.answer)


class ChunkInfo(ResponseModel):
    id: UUID
    position: int = Field(description="Its place among the video's passages, from 0.")
    text: str
    quality: Quality = Field(description="`low`: the text comes from a recogniser that must not be relied on.")


class ResultInfo(ResponseModel):
    """A passage; `start` and `end` are seconds, `link` plays it."""

    chunk: ChunkInfo
    score: float = Field(description="0..1: how sure it is that this was asked for.")
    video: VideoRef
    start: float
    end: float
    speakers: list[str]
    link: str

    @classmethod
    def of(cls, result: Result) -> Self:
        chunk, passage = result.chunk, result.chunk.passage
        return cls(
            chunk=ChunkInfo(id=chunk.id, position=passage.position, text=passage.text, quality=chunk.quality),
            score=result.score,
            video=VideoRef(id=result.video.id, title=result.video.title),
            start=passage.start,
            end=passage.end,
            speakers=list(passage.speakers),
            link=result.link,
        )


class CitationInfo(ResponseModel):
    """`quote` stands word for word in the transcript, said between `start` and `end`."""

    number: int
    video_id: UUID
    title: str
    chunk_id: UUID
    quote: str
    start: float
    end: float
    speaker: str | None
    quality: Quality
    link: str

    @classmethod
    def of(cls, citation: Citation) -> Self:
        return cls(**citation.model_dump())


class QueryResponse(ResponseModel):
    query: str
    results: list[ResultInfo]
    answer: str | None = Field(description="Null when the videos hold nothing to answer with.")
    citations: list[CitationInfo] = Field(description="`[1]` in the answer is the citation with number 1.")
    engine: str = Field(description="What made the answer.", examples=["extractive"])

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(
            query=answer.query,
            results=[ResultInfo.of(result) for result in answer.results],
            answer=answer.text,
            citations=[CitationInfo.of(citation) for citation in answer.citations],
            engine=answer.engine,
        )

    @property
    def video_ids(self) -> set[UUID]:
        """Every video that something is shown of."""
        return {result.video.id for result in self.results} | {citation.video_id for citation in self.citations}


class QuestionResponse(QueryResponse):
    """The answer to a question that came as a record on the stream."""

    question_id: UUID
    answered_at: datetime

"""Questions and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator

from video_pipeline.answering import checked
from video_pipeline.api.models.base import RequestModel, ResponseModel
from video_pipeline.api.models.videos import VideoRef
from video_pipeline.events import Day, Language, QuestionAsked
from video_pipeline.model import Answer, Citation, Claim, MailRecord, Question, Result, SearchFilter, Usage
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
    date: CalendarDay | None = Field(
        default=None, description="Videos of this day: recorded on it, or arrived (UTC) if nobody knows."
    )
    date_from: CalendarDay | None = Field(default=None, description="Videos of this day or later.")
    date_to: CalendarDay | None = Field(default=None, description="Videos of this day or before.")
    video_id: UUID | None = Field(default=None, description="Only this video.")
    video_ids: list[UUID] = Field(default=[], max_length=200, description="Only these videos.")
    speaker_ids: list[str] = Field(default=[], max_length=200, description="Passages in which one of these speaks.")
    conversation_id: UUID | None = Field(
        default=None,
        description="The one of an earlier answer, if this question may refer to it. It is its key's alone.",
    )
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
        return Question(
            query=self.query,
            top_k=self.top_k,
            min_score=self.min_score,
            filter=where,
            conversation_id=self.conversation_id,
            answer=self.answer,
        )


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


class ClaimInfo(ResponseModel):
    """A sentence of the answer, as plain text, and the numbers of the citations that bear it out."""

    text: str
    citations: list[int]

    @classmethod
    def of(cls, claim: Claim) -> Self:
        return cls(text=claim.text, citations=list(claim.citations))


class UsageInfo(ResponseModel):
    """What a language model read and wrote, in its own tokens."""

    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int

    @classmethod
    def of(cls, usage: Usage) -> Self:
        return cls(**usage.model_dump())


class QueryResponse(ResponseModel):
    query: str
    results: list[ResultInfo]
    answer: str | None = Field(
        description="The claims with their citations as one text. Null when the videos hold nothing to answer with."
    )
    unsaid: str | None = Field(
        default=None, description="If `answer` is null: that the videos don't say so, in the question's language."
    )
    claims: list[ClaimInfo] = Field(default=[], description="The answer, sentence by sentence.")
    citations: list[CitationInfo] = Field(description="`[1]` in the answer is the citation with number 1.")
    engine: str = Field(
        description="`model`: a language model wrote the answer, and each of its claims is borne out by a quote. "
        "`extractive`: the answer is made of the videos' own sentences.",
        examples=["extractive", "model"],
    )
    dropped: int = Field(
        default=0, description="How many claims of the model no transcript bears out; they are not shown."
    )
    fallback: str | None = Field(
        default=None,
        description="Why the language model did not answer although there is one.",
        examples=["openai_timeout", "model_refused", "model_not_borne_out"],
    )
    notes: list[str] = Field(default=[], description="Sentences on how the answer came about.")
    usage: UsageInfo | None = Field(default=None, description="Null when no language model was asked.")
    cost_usd: float = Field(default=0.0, description="What paid services took for it.")
    understood: str | None = Field(default=None, description="What a follow-up question was taken to ask.")
    conversation_id: UUID | None = Field(default=None, description="Send it with the next question to follow up.")

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(
            query=answer.query,
            results=[ResultInfo.of(result) for result in answer.results],
            answer=answer.text,
            unsaid=answer.unsaid,
            claims=[ClaimInfo.of(claim) for claim in answer.claims],
            citations=[CitationInfo.of(citation) for citation in answer.citations],
            engine=answer.engine,
            dropped=answer.dropped,
            fallback=answer.fallback,
            notes=list(answer.notes),
            usage=UsageInfo.of(answer.usage) if answer.usage else None,
            cost_usd=answer.cost_usd,
            understood=answer.understood,
            conversation_id=answer.conversation_id,
        )

    @property
    def video_ids(self) -> set[UUID]:
        """Every video that something is shown of."""
        return {result.video.id for result in self.results} | {citation.video_id for citation in self.citations}


class QuestionRequest(QueryRequest):
    """A question that is answered later, by mail if there is an address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "When does the studio open?", "email": "ann@example.com"}]}
    )

    query: str = Field(alias="question", json_schema_extra={"minLength": 1, "maxLength": LIMITS.question_chars})
    email: str | None = Field(
        default=None,
        min_length=3,
        max_length=320,
        description="Who gets the answer as a mail: `name@example.com`, nothing around it.",
    )

    @model_validator(mode="after")
    def _wants_an_answer(self) -> Self:
        if not self.answer:
            raise ValueError("a question that is answered later wants an answer")
        return self

    def event(self, asked_by: str) -> QuestionAsked:
        """Raises `BadQuestion` for what can't be asked."""
        asked = checked(self.question())
        return QuestionAsked(
            query=asked.query,
            email=self.email,
            asked_by=asked_by,
            top_k=asked.top_k,
            min_score=asked.min_score,
            video_ids=asked.filter.video_ids,
            speakers=asked.filter.speakers,
            language=asked.filter.language,
            date_from=asked.filter.date_from,
            date_to=asked.filter.date_to,
            conversation_id=self.conversation_id,
        )


class QuestionAccepted(ResponseModel):
    """`status_url` answers 404 until the question is answered."""

    question_id: UUID
    status_url: str


class MailInfo(ResponseModel):
    """A mail about a question. `doubtful`: nobody knows whether the mail service took it; it is not sent again."""

    to: Literal["asker", "human"] = Field(description="`human`: who looks after questions that found no answer.")
    state: Literal["sending", "sent", "doubtful"]
    at: datetime

    @classmethod
    def of(cls, mail: MailRecord) -> Self:
        moment = mail.settled_at or mail.claimed_at
        return cls(to="asker" if mail.kind == "answer" else "human", state=mail.state, at=moment)


class QuestionResponse(QueryResponse):
    """The answer to a question that came as a record on the stream."""

    question_id: UUID
    answered_at: datetime
    mails: list[MailInfo] = Field(default=[], description="Mails that went out about it.")

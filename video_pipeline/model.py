"""What the product talks about: jobs, videos, chunks, questions. Values only; identity is deterministic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from video_pipeline.topology import PROCESSING, SLIDESHOW
from video_pipeline.transcripts.model import Passage, Quality, Seconds, TranscriptSource

# Names the product's own identifiers, so that the same source gives the same id on every machine.
NAMESPACE = UUID("6d1f5a52-5d0c-5f43-9e0e-2f6b1d6f8a11")

Metadata = dict[str, str]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ------------------------------------------------------------------------------------------- identity
def identifier(kind: str, *parts: object) -> UUID:
    """The id that follows from `kind` and what identifies one thing of that kind."""
    return uuid5(NAMESPACE, "\x1f".join([kind, *map(str, parts)]))


def video_identifier(sha256: str) -> UUID:
    """A video is its content: the same bytes are the same video."""
    return identifier("video", sha256)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# -------------------------------------------------------------------------------------------- sources
class ObjectRef(Value):
    """An object in S3, pinned to one version where the bucket keeps versions."""

    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class ObjectInfo(Value):
    """What the store says about an object without reading it."""

    ref: ObjectRef
    size: int
    content_type: str | None = None
    modified: datetime | None = None


class JobOptions(Value):
    """What the sender wishes for one job."""

    title: str | None = None
    language: str | None = None
    recorded_on: date | None = None
    captions: ObjectRef | None = None
    metadata: Metadata = Field(default_factory=dict)


class Source(Value):
    """Where a job's bytes are.

    `object`: at `media`. `upload`: an upload that this system granted; `media` has no etag until it arrived.
    `segments`: raw content on the stream, kept as `segments/<upload_id>/<index>` in the bucket of `media` until it is
    whole; `media` is where it will be put together. `transcript`: a transcript without its film, at `media`.
    `project`: the manifest of the project `upload_id`, at `media`, of which a film is to be rendered.
    """

    kind: Literal["object", "upload", "segments", "transcript", "project"]
    media: ObjectRef
    filename: str
    upload_id: str | None = None
    size: int | None = None
    sha256: str | None = None
    segments: int | None = None

    @property
    def job_id(self) -> UUID:
        if self.kind == "object":
            return identifier("job", "object", self.media.uri, self.media.version_id or "", self.media.etag or "")
        if self.kind == "project":
            # The same manifest gives the same film.
            return identifier("job", "project", self.upload_id, self.sha256)
        return identifier("job", self.kind, self.upload_id)


# ----------------------------------------------------------------------------------------------- jobs
class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


# The only moves there are. Out of an end leads only a wish: a person's, or, from `failed`, a late segment's.
MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.COMPLETED}),
    JobStatus.PROCESSING: frozenset({JobStatus.QUEUED, JobStatus.COMPLETED, JobStatus.FAILED}),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED, JobStatus.PROCESSING}),
    JobStatus.COMPLETED: frozenset({JobStatus.QUEUED, JobStatus.PROCESSING}),
}
# The reason code of a job that a person has ended. Nothing that comes later revives it but a person.
CANCELLED = "cancelled"


class Failure(Value):
    """Why something failed: for machines, for people, for operators (`trace`)."""

    code: str
    message: str
    hint: str = ""
    retryable: bool = False
    trace: str | None = None


class Job(Value):
    """A row of the ledger."""

    id: UUID
    status: JobStatus
    stage: str
    progress: float
    source: Source
    options: JobOptions
    video_id: UUID | None = None
    attempt: int = 0
    waiting_for: str | None = None
    not_before: datetime | None = None
    notes: tuple[str, ...] = ()
    failure: Failure | None = None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED)

    @property
    def cancelled(self) -> bool:
        return self.status is JobStatus.FAILED and self.failure is not None and self.failure.code == CANCELLED


JobSort = Literal["-created_at", "created_at", "-updated_at", "updated_at"]


class JobFilter(Value):
    """Which jobs are listed; what is left out lets everything through. `text` is looked for in title and file name.

    Days (`YYYY-MM-DD`, UTC) are those of arrival, both included. `code` is the reason of a failed one.
    """

    statuses: tuple[JobStatus, ...] = ()
    stage: str | None = None
    video_id: UUID | None = None
    code: str | None = None
    text: str | None = None
    date_from: date | None = None
    date_to: date | None = None


class StageAttempt(Value):
    """One try at one stage: a line of the timeline."""

    stage: str
    attempt: int
    status: Literal["running", "completed", "failed", "skipped", "abandoned"]
    worker: str
    started_at: datetime
    finished_at: datetime | None = None
    failure: Failure | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


# --------------------------------------------------------------------------------------------- videos
# Containers count from 1904 or 1970.
_FIRST_FILES = date(1990, 1, 1)


class MediaInfo(Value):
    """What the container says. Rates are per second, sizes bytes or pixels."""

    container: str
    duration: Seconds
    size: int
    bit_rate: int | None = None
    video_codec: str | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    sample_rate: int | None = None
    subtitle_languages: tuple[str, ...] = ()
    created: str | None = None

    @property
    def recorded_on(self) -> date | None:
        """The day (UTC) that `created` tells; None for what a clock says that was never set."""
        try:
            day = datetime.fromisoformat(self.created or "").date()
        except ValueError:
            return None
        return day if _FIRST_FILES <= day <= datetime.now(UTC).date() else None

    @property
    def has_audio(self) -> bool:
        return self.audio_codec is not None

    @property
    def has_video(self) -> bool:
        return self.video_codec is not None


class Thumbnail(Value):
    at: Seconds
    key: str


class Video(Value):
    id: UUID
    sha256: str
    title: str
    filename: str
    media: ObjectRef
    job_id: UUID
    info: MediaInfo | None = None
    language: str | None = None
    recorded_on: date | None = None
    metadata: Metadata = Field(default_factory=dict)
    poster: str | None = None
    thumbnails: tuple[Thumbnail, ...] = ()
    created_at: datetime
    indexed_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def day(self) -> date:
        """On which it was recorded, or came (UTC) if nobody knows."""
        return self.recorded_on or self.created_at.astimezone(UTC).date()


VideoSort = Literal["-created_at", "created_at", "title", "-title", "duration", "-duration"]


class VideoFilter(Value):
    """Which videos are listed; as `JobFilter`. `language` also finds its regions; `indexed`: can be asked about."""

    text: str | None = None
    language: str | None = None
    indexed: bool | None = None
    date_from: date | None = None
    date_to: date | None = None


class TranscriptRecord(Value):
    """What the ledger keeps of a transcript; the text itself is the object `key`."""

    video_id: UUID
    key: str
    sha256: str
    language: str | None = None
    source: TranscriptSource
    engine: str
    quality: Quality
    confidence: float | None = None
    segments: int
    words: int
    notes: tuple[str, ...] = ()


# --------------------------------------------------------------------------------------------- chunks
class Chunk(Value):
    """A passage of one video, as it is stored, searched and cited."""

    id: UUID
    video_id: UUID
    passage: Passage
    quality: Quality = "recognised"


class IndexSpec(Value):
    """How passages are cut and embedded, and where their vectors lie. Two indexes of one spec are alike.

    `collection`: the table, or Pinecone's index. `labelled`: passages are embedded with their speakers' names.
    """

    provider: Literal["minilm", "openai"]
    model: str
    dimensions: int
    store: Literal["pgvector", "pinecone"]
    collection: str
    chunk_tokens: int
    chunk_minimum_tokens: int
    labelled: bool = False


class Index(Value):
    """All passages and vectors that were made in one way. `space` keeps its vectors apart from those of others."""

    id: UUID
    space: str
    spec: IndexSpec
    state: Literal["building", "serving", "retired", "dropped"]
    requested_by: str
    created_at: datetime
    serving_at: datetime | None = None


class IndexFailure(Value):
    """Why a video is not in an index that was built anew, and how often that was tried."""

    video_id: UUID
    title: str
    failure: Failure
    tries: int


class IndexReport(Value):
    """How far an index is: videos that are in it, could not be taken in, and are still to come.

    `failures`: the newest fifty.
    """

    index: Index
    done: int
    failed: int
    waiting: int
    failures: tuple[IndexFailure, ...] = ()


class VectorItem(Value):
    """A chunk's embedding with what filters need; never its text."""

    chunk_id: UUID
    video_id: UUID
    position: int
    start: Seconds
    end: Seconds
    speakers: tuple[str, ...]
    date: str
    language: str | None = None
    vector: tuple[float, ...]


class SearchFilter(Value):
    """Dates are ISO days (`YYYY-MM-DD`) of the video's `day`, both ends included.

    `language`: the first part of a language tag in small letters, such as `en`.
    """

    video_ids: tuple[UUID, ...] = ()
    speakers: tuple[str, ...] = ()
    date_from: str | None = None
    date_to: str | None = None
    language: str | None = None


class Hit(NamedTuple):
    """A passage near a vector. A tuple, since a search makes a thousand."""

    chunk_id: UUID
    video_id: UUID
    score: float


# ------------------------------------------------------------------------------------------ questions
Scored = Annotated[float, Field(allow_inf_nan=False)]


class Question(Value):
    query: str
    top_k: Annotated[int, Field(ge=1, le=50)] = 5
    min_score: float | None = None
    filter: SearchFilter = SearchFilter()
    conversation_id: UUID | None = None
    answer: bool = True
    """False: only the passages are wanted."""


class Result(Value):
    """A passage that was found. `link` plays the video from `start`."""

    chunk: Chunk
    score: Scored
    video: Video
    link: str


class Citation(Value):
    """`quote` stands word for word in the transcript of `video_id` between `start` and `end`."""

    number: int
    video_id: UUID
    title: str
    chunk_id: UUID
    quote: str
    start: Seconds
    end: Seconds
    speaker: str | None = None
    quality: Quality
    link: str


class Claim(Value):
    """A sentence of an answer, and the numbers of the citations that it stands on. Plain text, no markup."""

    text: str
    citations: tuple[int, ...]


class Usage(Value):
    """What a language model was given and gave, in its own tokens, over so many calls."""

    model: str
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def plus(self, other: Usage | None) -> Usage:
        """Both together; the model is this one's."""
        if other is None:
            return self
        return Usage(
            model=self.model,
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Expense(Value):
    """What a paid service took for one call. `seconds` of sound; `usd` None: its price is not known.

    `reference` names what is paid once however often it is asked for.
    """

    service: Literal["embedding", "language", "transcription"]
    model: str
    calls: int = 1
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0
    usd: float | None = None
    reference: str | None = None


class Spent(Value):
    """Expenses of one service and model together, of a day, a job or a question. `unpriced` calls are not in `usd`."""

    day: date | None = None
    service: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    seconds: float
    usd: float
    unpriced: int


class Answer(Value):
    """`text` is None when the videos hold nothing to answer with; `unsaid` then says so in the question's language.

    `understood` is what a follow-up was taken to ask. `engine` tells who answered: `model`, a language model whose
    every claim is quoted from the transcripts, or `extractive`, the transcripts' own sentences. `dropped` counts what
    the model claimed and the transcripts don't bear out; `fallback` is the reason code if it should have answered and
    could not. `notes` are sentences for people about how it came about.
    """

    query: str
    results: tuple[Result, ...]
    text: str | None
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    engine: str = "extractive"
    dropped: int = 0
    fallback: str | None = None
    unsaid: str | None = None
    notes: tuple[str, ...] = ()
    usage: Usage | None = None
    cost_usd: float = 0.0
    understood: str | None = None
    conversation_id: UUID | None = None


class Turn(Value):
    """A question of a conversation as asked and as understood (`query`), what was answered, and from which passages."""

    asked: str
    query: str
    answer: str | None
    chunk_ids: tuple[UUID, ...] = ()
    video_ids: tuple[UUID, ...] = ()


# ------------------------------------------------------------------------------------------- analytics
class AskedQuestion(Value):
    """A question as statistics see it. Its words are kept only if nothing answered it. `milliseconds`: if measured."""

    channel: Literal["api", "record"]
    query: str
    answered: bool
    engine: str
    results: int
    milliseconds: int | None = None


class Day(Value):
    """What happened on a day (UTC). Milliseconds are those of questions that were asked through the API.

    Seconds are those from a job's first attempt to its end, of jobs that were completed.
    """

    day: date
    questions: int
    answered: int
    milliseconds_median: int | None
    milliseconds_p95: int | None
    videos: int
    video_seconds: float
    jobs_completed: int
    jobs_failed: int
    job_seconds_median: float | None
    job_seconds_p95: float | None


class FailureCount(Value):
    """Jobs that failed for the same reason at the same stage, and what the latest of them said."""

    code: str
    stage: str
    jobs: int
    last_at: datetime
    message: str
    hint: str


class Unanswered(Value):
    """A question that nothing answered, however it was spelt; how often it was asked."""

    query: str
    times: int
    last_asked: datetime


# ---------------------------------------------------------------------------------------------- mails
MessageId = Annotated[str, StringConstraints(pattern=r"^<[!-;=?-~]{1,250}>$")]


class MailThread(Value):
    """What a mail says about those before it: its own Message-ID, the ones it names (the oldest first), its subject."""

    message_id: MessageId | None = None
    references: Annotated[tuple[MessageId, ...], Field(max_length=20)] = ()
    subject: Annotated[str, StringConstraints(max_length=500)] = ""


class MailRecord(Value):
    """A mail about a question: `answer` to who asked, `human` to the person who looks after what found no answer.

    `doubtful`: the connection broke, or the process died, before the service said whether it took the mail.
    `provider_id` is the service's name for a mail that it took.
    """

    question_id: UUID
    kind: Literal["answer", "human"]
    recipient: str
    conversation_id: UUID
    state: Literal["sending", "sent", "doubtful"] = "sending"
    provider_id: str | None = None
    claimed_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    settled_at: datetime | None = None


# ------------------------------------------------------------------------------------------- projects
class ProjectFilm(Value):
    """A film that was rendered of a project, from the manifest with the SHA-256 `manifest`.

    `captions`: WebVTT beside it, if it has a track of them.
    """

    media: ObjectRef
    captions: ObjectRef | None = None
    sha256: str
    size: int
    seconds: float
    manifest: str
    rendered_at: datetime


ProjectState = Literal["collecting", "rendering", "rendered", "failed", "removed"]


class Project(Value):
    """Pictures and a sound of which a film is made. `manifest` is the document that lies beside them.

    `rendered`: `film` shows the manifest as it is now. `failed`: rendering that manifest did, see the job. `ask`: the
    film is to become a video of its own, by the job `video_job_id`.
    """

    id: UUID
    manifest: dict[str, Any]
    manifest_sha256: str
    state: ProjectState = "collecting"
    job_id: UUID | None = None
    film: ProjectFilm | None = None
    ask: bool = False
    video_job_id: UUID | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None

    @property
    def title(self) -> str | None:
        return self.manifest.get("title")


def manifest_text(document: Mapping[str, Any]) -> str:
    """A manifest as it is kept and hashed. Read and written again, it is the same text."""
    return json.dumps(document, ensure_ascii=False, indent=1)


class ProjectEvent(Value):
    """A line of a project's audit trail: who did what, and when."""

    at: datetime
    who: str
    what: str
    detail: dict[str, Any] = Field(default_factory=dict)


# ------------------------------------------------------------------------------------------- messages
class Message(Value):
    """Something to publish after commit. `destination` is a stream's or queue's resource type in the topology.

    `key` orders a stream; `delay` (whole seconds, at most 900) holds a queue's message back.
    """

    destination: str
    key: str
    body: str
    delay: Annotated[int, Field(ge=0, le=900)] = 0


def work_message(job_id: UUID, delay: float = 0) -> Message:
    """The processing queue's message that a job wants a worker."""
    body = json.dumps({"job_id": str(job_id)})
    return Message(destination=PROCESSING.name, key=str(job_id), body=body, delay=min(round(delay), 900))


def start_message(job_id: UUID, source: Source) -> Message:
    """What brings a job to whoever begins with it."""
    message = work_message(job_id)
    return message.model_copy(update={"destination": SLIDESHOW.name}) if source.kind == "project" else message


class QueueMessage(Value):
    """A received message; `receipt` speaks for this one receive."""

    id: str
    receipt: str
    body: str
    receives: int = 1
    attributes: dict[str, str] = Field(default_factory=dict)


class RejectedRecord(Value):
    """A record that was refused: what, from where, why."""

    id: UUID
    consumer: str
    source: str
    position: str
    failure: Failure
    sha256: str
    size: int


# Beyond putting videos in, reading and asking: looking after queues and dead letters.
Scope = Literal["operate"]


class ApiKey(Value):
    id: UUID
    name: str
    prefix: str
    scopes: tuple[Scope, ...] = ()
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

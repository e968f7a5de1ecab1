"""The facts that infrastructure, runtimes and the one-machine system must agree on. Standard library only.

Times are seconds, sizes bytes (memory: MiB), unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# ---------------------------------------------------------------------------------------------- names
DEFAULT_REGION: Final = "us-east-1"


def resource_name(resource_type: str, suffix: str) -> str:
    """`{resource-type}-{environment-suffix}`, the name of everything that is deployed."""
    return f"{resource_type}-{suffix}"


# --------------------------------------------------------------------------------------------- stages
@dataclass(frozen=True)
class Stage:
    """A step of a job's timeline; `weight` is its share of the progress bar."""

    name: str
    weight: float
    title: str


RECEIVE: Final = "receive"
FETCH: Final = "fetch"
PROBE: Final = "probe"
THUMBNAILS: Final = "thumbnails"
AUDIO: Final = "audio"
TRANSCRIBE: Final = "transcribe"
CHUNK: Final = "chunk"
EMBED: Final = "embed"
SUMMARISE: Final = "summarise"
# The one stage of a job that makes a film of a project; such a job comes to none of those below.
RENDER: Final = "render"

STAGES: Final[tuple[Stage, ...]] = (
    Stage(RECEIVE, 0.05, "Receiving the upload"),
    Stage(FETCH, 0.10, "Downloading and fingerprinting"),
    Stage(PROBE, 0.05, "Reading the media's properties"),
    Stage(THUMBNAILS, 0.10, "Making poster and thumbnails"),
    Stage(AUDIO, 0.10, "Extracting the sound track"),
    Stage(TRANSCRIBE, 0.35, "Transcribing"),
    Stage(CHUNK, 0.05, "Cutting the transcript into passages"),
    Stage(EMBED, 0.10, "Embedding and indexing"),
    Stage(SUMMARISE, 0.10, "Summarising"),
)
STAGE_NAMES: Final[tuple[str, ...]] = tuple(stage.name for stage in STAGES)
RENDERING: Final = Stage(RENDER, 1.0, "Rendering the slideshow")
ALL_STAGE_NAMES: Final[tuple[str, ...]] = (*STAGE_NAMES, RENDER)


def progress_at(stage: str, fraction: float = 0.0) -> float:
    """Progress 0..1 of a job that has done `fraction` (0..1) of `stage` and everything before it."""
    done = 0.0
    for each in (RENDERING,) if stage == RENDER else STAGES:
        if each.name == stage:
            return round(done + each.weight * min(max(fraction, 0.0), 1.0), 4)
        done += each.weight
    raise ValueError(f"unknown stage {stage!r}; known: {', '.join(ALL_STAGE_NAMES)}")


# ------------------------------------------------------------------------------------ streams, queues
@dataclass(frozen=True)
class Stream:
    """A Kinesis data stream; `name` is its resource type."""

    name: str
    shards: int = 1
    retention_hours: int = 24


@dataclass(frozen=True)
class Queue:
    """An SQS queue. With `dead_letter`, a message goes there after `max_receives` receives."""

    name: str
    visibility_timeout: int = 60
    retention: int = 4 * 86_400
    long_poll: int = 20
    dead_letter: str | None = None
    max_receives: int = 3


INGESTION: Final = Stream("ingestion-stream")
PIPELINE: Final = Stream("pipeline-stream")
STREAMS: Final[tuple[Stream, ...]] = (INGESTION, PIPELINE)

# Dead letters are kept as long as SQS allows: two weeks for a person to look and redrive.
DEAD_LETTER_RETENTION: Final = 14 * 86_400


def _dead_letter(name: str) -> Queue:
    return Queue(name, visibility_timeout=30, retention=DEAD_LETTER_RETENTION, long_poll=0)


PROCESSING_DLQ: Final = _dead_letter("processing-dlq")
UPLOADS_DLQ: Final = _dead_letter("uploads-dlq")
INGEST_DLQ: Final = _dead_letter("ingest-dlq")
CHUNKING_DLQ: Final = _dead_letter("chunking-dlq")
EMBEDDING_DLQ: Final = _dead_letter("embedding-dlq")
QUESTION_DLQ: Final = _dead_letter("question-dlq")
SUMMARY_DLQ: Final = _dead_letter("summary-dlq")
SLIDESHOW_DLQ: Final = _dead_letter("slideshow-dlq")
TRANSCRIPTION_DLQ: Final = _dead_letter("transcription-dlq")
# The schedule's invocations that the sweeper did not survive; the next one does what they would have done.
SWEEPER_DLQ: Final = _dead_letter("sweeper-dlq")

# The worker extends visibility while it works (heartbeat below), so a message reappears soon after a worker dies.
PROCESSING: Final = Queue("processing-queue", visibility_timeout=60, dead_letter=PROCESSING_DLQ.name)
# Six times the ingest function's timeout, as AWS advises for event source mappings.
UPLOADS: Final = Queue("uploads-queue", visibility_timeout=360, dead_letter=UPLOADS_DLQ.name)
# Amazon Transcribe's completion events wait here (EventBridge -> SQS), so that none is lost with a failing function.
TRANSCRIPTION: Final = Queue("transcription-queue", visibility_timeout=360, dead_letter=TRANSCRIPTION_DLQ.name)
# Not a stream: a language model takes minutes for one video, and none is to wait behind another.
SUMMARY: Final = Queue("summary-queue", visibility_timeout=3_600, dead_letter=SUMMARY_DLQ.name)
# Films that are to be rendered: by the function, which gives those that are too long for it to the workers.
SLIDESHOW: Final = Queue("slideshow-queue", visibility_timeout=5_400, dead_letter=SLIDESHOW_DLQ.name)

QUEUES: Final[tuple[Queue, ...]] = (
    PROCESSING_DLQ,
    UPLOADS_DLQ,
    INGEST_DLQ,
    CHUNKING_DLQ,
    EMBEDDING_DLQ,
    QUESTION_DLQ,
    SUMMARY_DLQ,
    SLIDESHOW_DLQ,
    TRANSCRIPTION_DLQ,
    SWEEPER_DLQ,
    PROCESSING,
    UPLOADS,
    TRANSCRIPTION,
    SUMMARY,
    SLIDESHOW,
)
DEAD_LETTER_QUEUES: Final[tuple[Queue, ...]] = tuple(q for q in QUEUES if q.name.endswith("-dlq"))

# -------------------------------------------------------------------------------------------- storage
MEDIA_BUCKET: Final = "media-bucket"
RESULTS_BUCKET: Final = "results-bucket"
# A film that is put back under its old key after an erasure is a new version, and so a new job.
VERSIONED_BUCKETS: Final = (MEDIA_BUCKET,)
UPLOADS_PREFIX: Final = "uploads/"
SEGMENTS_PREFIX: Final = "segments/"
ASSEMBLED_PREFIX: Final = "assembled/"
IMPORTED_PREFIX: Final = "transcripts/"
PROJECTS_PREFIX: Final = "projects/"
# Mails that were sent to this installation, as SES received them, in the media bucket.
MAIL_PREFIX: Final = "mail/"
# What stands for the container of a video of which only the transcript is here.
IMPORTED: Final = "transcript"
VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
AUDIO_SUFFIXES: Final = (".mp3", ".wav", ".m4a", ".flac", ".ogg")
MEDIA_SUFFIXES: Final = VIDEO_SUFFIXES + AUDIO_SUFFIXES
# S3 compares letters as they are, and cameras write capitals.
NOTIFIED_SUFFIXES: Final = MEDIA_SUFFIXES + tuple(suffix.upper() for suffix in MEDIA_SUFFIXES)
CAPTION_SUFFIXES: Final = (".vtt", ".srt")
# What may be sent with a video: captions, or a transcript as JSON (the project's own, or Amazon Transcribe's).
SENT_SUFFIXES: Final = (*CAPTION_SUFFIXES, ".json")
FONT_SUFFIXES: Final = (".ttf", ".otf", ".ttc")


# ------------------------------------------------------------------------------- functions, consumers
@dataclass(frozen=True)
class Function:
    """A Lambda unit: `lambdas/<unit>/handler.py`, function `handler`. `storage`: MiB below /tmp.

    `media`: it decodes and encodes, and so has layers of its own instead of the one that all others share.
    """

    unit: str
    timeout: int
    memory: int
    schedule_seconds: int | None = None
    concurrency: int = 2  # executions at once, at most
    storage: int = 512
    media: bool = False

    @property
    def module(self) -> str:
        return f"lambdas.{self.unit}.handler"


@dataclass(frozen=True)
class StreamConsumer:
    """An event source mapping from a Kinesis stream, and what keeps a bad record from blocking its shard."""

    unit: str
    stream: str
    dead_letter: str
    event_types: tuple[str, ...] = ()  # empty: every record, readable or not
    batch_size: int = 100
    batch_window: int = 1
    parallelization: int = 1
    max_retries: int = 5
    max_record_age: int = 3600
    bisect_on_error: bool = True

    @property
    def filter_patterns(self) -> tuple[dict[str, object], ...]:
        """Lambda filter criteria: the CloudEvents `type` of the record's JSON."""
        return ({"data": {"type": list(self.event_types)}},) if self.event_types else ()


@dataclass(frozen=True)
class QueueConsumer:
    """An event source mapping from an SQS queue; retries and dead letters are the queue's own."""

    unit: str
    queue: str
    batch_size: int = 10
    batch_window: int = 0
    max_concurrency: int = 2


INGEST: Final = Function("ingest", timeout=60, memory=512, concurrency=4)
CHUNKING: Final = Function("chunking", timeout=120, memory=512, concurrency=4)
EMBEDDING: Final = Function("embedding", timeout=300, memory=1024, concurrency=4)
SUMMARY_FUNCTION: Final = Function("summary", timeout=600, memory=1024, concurrency=4)
# Five questions of a batch may each wait for a language model and hand a mail over, which must not be cut off.
QUESTION: Final = Function("question", timeout=300, memory=1024)
TRANSCRIPTION_FUNCTION: Final = Function("transcription", timeout=60, memory=512)
SWEEPER: Final = Function("sweeper", timeout=60, memory=512, schedule_seconds=60, concurrency=1)
QUESTION_API: Final = Function("question_api", timeout=29, memory=1024, concurrency=20)
# What an operator asks of a database that only the stack's own network reaches: migrations and API keys.
ADMINISTRATION: Final = Function("administration", timeout=300, memory=512)
# The steps of cutting and embedding the archive anew; a film of many hours fits into the longest time there is.
REINDEXING: Final = Function("reindexing", timeout=900, memory=1024, concurrency=6)
# 1.7 processors. Pictures, sound and film of one project lie on its disk.
SLIDESHOW_FUNCTION: Final = Function("slideshow", timeout=900, memory=3008, storage=4096, media=True)
FUNCTIONS: Final[tuple[Function, ...]] = (
    INGEST,
    CHUNKING,
    EMBEDDING,
    SUMMARY_FUNCTION,
    QUESTION,
    TRANSCRIPTION_FUNCTION,
    SWEEPER,
    QUESTION_API,
    ADMINISTRATION,
    REINDEXING,
    SLIDESHOW_FUNCTION,
)

STREAM_CONSUMERS: Final[tuple[StreamConsumer, ...]] = (
    StreamConsumer("ingest", INGESTION.name, INGEST_DLQ.name),
    StreamConsumer("question", INGESTION.name, QUESTION_DLQ.name, ("question.asked",), batch_size=5),
    StreamConsumer("chunking", PIPELINE.name, CHUNKING_DLQ.name, ("transcript.ready",), batch_size=10),
    StreamConsumer("embedding", PIPELINE.name, EMBEDDING_DLQ.name, ("chunks.ready",), batch_size=5),
)
QUEUE_CONSUMERS: Final[tuple[QueueConsumer, ...]] = (
    QueueConsumer("ingest", UPLOADS.name),
    QueueConsumer("transcription", TRANSCRIPTION.name),
    QueueConsumer("summary", SUMMARY.name, batch_size=1, max_concurrency=4),
    QueueConsumer("slideshow", SLIDESHOW.name, batch_size=1),
)


# ------------------------------------------------------------------- what else is deployed, by its type
# An SSM parameter in which a deployment describes itself, as `deployment.Deployment`, to the command line.
DEPLOYMENT: Final = "deployment"
OPENAI_SECRET: Final = "openai-secret"  # noqa: S105  the names of secrets, not what they hold
PINECONE_SECRET: Final = "pinecone-secret"  # noqa: S105
WEBHOOK_SECRET: Final = "webhook-secret"  # noqa: S105
SECRETS: Final = (OPENAI_SECRET, PINECONE_SECRET, WEBHOOK_SECRET)
DATABASE_CLUSTER: Final = "database-cluster"
PROCESSING_CLUSTER: Final = "processing-cluster"
PROCESSOR_SERVICE: Final = "processor-service"
PROCESSOR_TASK: Final = "processor-task"
REINDEXING_MACHINE: Final = "reindexing-machine"
PROCESSOR_REPOSITORY: Final = "processor-repository"
TRANSCRIPTION_JOBS: Final = "video-pipeline"  # prefix of Amazon Transcribe's job names


# --------------------------------------------------------------------------------------------- limits
@dataclass(frozen=True)
class Lease:
    """How long a job belongs to a worker that has stopped speaking, and how often it speaks."""

    seconds: int = 60
    heartbeat: int = 15


@dataclass(frozen=True)
class Retry:
    """Attempts of one job, and the pause before attempt n+1: `base * factor**(n-1)`, at most `cap`."""

    attempts: int = 3
    base: float = 5.0
    factor: float = 4.0
    cap: float = 300.0


LEASE: Final = Lease()
PROCESSING_RETRY: Final = Retry(attempts=PROCESSING.max_receives)
# After the last one the summary is made without the language model.
SUMMARY_RETRY: Final = Retry(attempts=3, base=30.0, factor=5.0)
# In which the language model is asked; the rest of the function's time is for keeping what it said.
SUMMARY_SECONDS: Final = SUMMARY_FUNCTION.timeout - 90.0
# Each video of the archive, when it is cut and embedded anew.
REINDEXING_RETRY: Final = Retry(attempts=5, base=5.0, factor=2.0, cap=120.0)
REINDEXING_AT_ONCE: Final = 4


@dataclass(frozen=True)
class Limits:
    """Bounds on what strangers may send."""

    upload_bytes: int = 20 * 1024**3
    form_upload_bytes: int = 5 * 1024**3
    event_bytes: int = 256 * 1024
    caption_bytes: int = 8 * 1024**2
    transcript_bytes: int = 32 * 1024**2
    segment_bytes: int = 1024**2  # Kinesis: data and partition key together
    segments: int = 100_000
    question_chars: int = 4_000
    title_chars: int = 500
    filename_chars: int = 255
    metadata_keys: int = 50
    metadata_chars: int = 2_000
    raw_upload_idle: int = 900
    stalled: int = 900
    announcements: int = 5
    transcription_wait: int = 86_400
    awaiting_upload: int = 86_400
    service_wait: int = 3 * 86_400
    active_videos: int = 4
    mail_bytes: int = 10 * 1024**2
    mail_days: int = 90  # for so long a reply goes on with its conversation
    mails_an_hour: int = 60  # to one address
    mail_handover: int = 120  # beyond it nobody is handing a mail over any more
    conversation_turns: int = 6
    conversation_days: int = 30
    unanswered_days: int = 90
    asked_days: int = 800
    project_days: int = 14
    project_image_bytes: int = 64 * 1024**2
    project_image_pixels: int = 40_000_000  # where it has to be read as large as it is
    project_audio_bytes: int = 1024**3
    project_font_bytes: int = 32 * 1024**2
    # For fetching a picture from its address, everything together: somebody waits.
    image_fetch_seconds: int = 20


LIMITS: Final = Limits()


@dataclass(frozen=True)
class ChunkBudget:
    """Passage size in WordPiece tokens of the bundled tokenizer; MiniLM reads 256 of them."""

    tokens: int = 240
    minimum: int = 40


CHUNK_BUDGET: Final = ChunkBudget()
THUMBNAIL_EVERY: Final = 30.0
LOCAL_SUFFIX: Final = "local"
LOCAL_API_PORT: Final = 8080
LOCAL_MAIL_FROM: Final = "questions@video-pipeline.example"
LOCAL_AWS_PORT: Final = 4566


def streams_by_name() -> dict[str, Stream]:
    return {stream.name: stream for stream in STREAMS}


def queues_by_name() -> dict[str, Queue]:
    return {queue.name: queue for queue in QUEUES}

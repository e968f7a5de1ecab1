"""One settings class per process, read from the environment in its entry point and handed down as a value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from video_pipeline.topology import (
    CHUNK_BUDGET,
    DEFAULT_REGION,
    LEASE,
    LIMITS,
    LOCAL_SUFFIX,
    MEDIA_BUCKET,
    PROCESSING_RETRY,
    RESULTS_BUCKET,
    SUMMARY_SECONDS,
    THUMBNAIL_EVERY,
    resource_name,
)

Suffix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,18}[a-z0-9]$")]


class Settings(BaseSettings):
    """What every process knows."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment_suffix: Suffix = LOCAL_SUFFIX
    aws_region: str = DEFAULT_REGION
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class DatabaseSettings(Settings):
    """`database_url` (no password in it: a socket, or a passfile) or the secret that holds the credentials."""

    database_url: str | None = None
    database_secret_arn: str | None = None
    database_host: str | None = None
    database_name: str = "video_pipeline"
    database_pool: Annotated[int, Field(ge=1, le=50)] = 4
    lease_seconds: Annotated[int, Field(ge=2)] = LEASE.seconds
    max_active_videos: Annotated[int, Field(ge=1)] = LIMITS.active_videos
    max_attempts: Annotated[int, Field(ge=1)] = PROCESSING_RETRY.attempts


class StorageSettings(Settings):
    """Bucket names are global on AWS, so the stack may give other ones than the suffix implies."""

    media_bucket: str = ""
    results_bucket: str = ""

    @property
    def media(self) -> str:
        return self.media_bucket or resource_name(MEDIA_BUCKET, self.environment_suffix)

    @property
    def results(self) -> str:
        return self.results_bucket or resource_name(RESULTS_BUCKET, self.environment_suffix)


class IndexSettings(Settings):
    """How an index is to be made. The one that serves was made as these were then; `reindex` makes another."""

    embedding_provider: Literal["minilm", "openai"] = "minilm"
    minilm_folder: Path | None = None
    openai_embedding_model: str = "text-embedding-3-small"
    openai_embedding_dimensions: Annotated[int, Field(ge=1, le=4096)] = 1536
    vector_store: Literal["pgvector", "pinecone"] = "pgvector"
    pinecone_index: str = "video-pipeline"
    chunk_tokens: Annotated[int, Field(ge=16, le=8000)] = CHUNK_BUDGET.tokens
    chunk_minimum_tokens: Annotated[int, Field(ge=0)] = CHUNK_BUDGET.minimum


class SpendingSettings(Settings):
    """`daily_budget_usd`: what paid services may take on a day (UTC); then jobs wait and answers are quotations. None:
    no limit. `prices_file` takes the place of video_pipeline/prices.json."""

    daily_budget_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    prices_file: Path | None = None


class OpenAiSettings(SpendingSettings):
    """Keys come from Secrets Manager (`*_secret_arn`); the plain ones are for one machine. The base URL may lead to
    any server that speaks the same: Azure OpenAI, Ollama, vLLM."""

    openai_api_key: SecretStr | None = None
    openai_secret_arn: str | None = None
    openai_base_url: str = "https://api.openai.com/v1"
    # How long embedding is tried again while the service is busy or silent, and how long one try may take.
    openai_patience_seconds: Annotated[float, Field(ge=0, le=600)] = 60.0
    openai_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class ChatSettings(OpenAiSettings):
    """Which language model writes. Without a key or a name none does: then everything is told in the videos' words."""

    openai_chat_model: str = "gpt-4.1-mini"
    # For one answer, all tries together.
    openai_chat_seconds: Annotated[float, Field(gt=0, le=600)] = 15.0

    @property
    def chats(self) -> bool:
        return bool(self.openai_chat_model and (self.openai_api_key or self.openai_secret_arn))


class LanguageSettings(IndexSettings, OpenAiSettings):
    """What embeds and what keeps the vectors."""

    pinecone_api_key: SecretStr | None = None
    pinecone_secret_arn: str | None = None
    pinecone_host: str | None = None
    pinecone_cloud: str = "aws"


class SpeechSettings(SpendingSettings):
    """`pocketsphinx` needs nothing and hears badly; `whisper` takes a model folder or name."""

    speech_engine: Literal["pocketsphinx", "whisper", "transcribe"] = "pocketsphinx"
    whisper_model: str | None = None
    whisper_compute_type: str = "int8"
    speech_default_language: str = "en-US"
    transcribe_max_speakers: Annotated[int, Field(ge=2, le=30)] = 10


class MailSettings(Settings):
    """Mail goes out when there is an address that it comes from.

    `mail_allowed` names addresses (`ann@example.com`) and domains (`example.com`). When it names any, nobody else gets
    an answer by mail; nobody else may ask by mail in any case.
    """

    mail_from: str = ""
    human_address: str = ""
    mail_allowed: tuple[str, ...] = ()


class IngestSettings(DatabaseSettings, StorageSettings, MailSettings):
    pass


class ChunkingSettings(DatabaseSettings, StorageSettings, IndexSettings):
    pass


class EmbeddingSettings(DatabaseSettings, StorageSettings, LanguageSettings):
    pass


class SummarySettings(DatabaseSettings, StorageSettings, ChatSettings):
    """`summary_part_chars`: how much of a transcript the language model is given at once, about four to a token."""

    public_url: str = "http://127.0.0.1:8080"
    summary_part_chars: Annotated[int, Field(ge=1_000, le=400_000)] = 24_000
    summary_seconds: Annotated[float, Field(gt=0)] = SUMMARY_SECONDS


class QuestionSettings(DatabaseSettings, StorageSettings, LanguageSettings, ChatSettings, MailSettings):
    public_url: str = "http://127.0.0.1:8080"


class TranscriptionSettings(DatabaseSettings, StorageSettings, SpeechSettings):
    pass


class SweeperSettings(DatabaseSettings, StorageSettings, LanguageSettings):
    raw_upload_idle: Annotated[int, Field(ge=1)] = LIMITS.raw_upload_idle
    stalled_seconds: Annotated[int, Field(ge=1)] = LIMITS.stalled


class QuestionApiSettings(DatabaseSettings, StorageSettings, LanguageSettings, ChatSettings, MailSettings):
    # Somebody waits, and API Gateway for 30 seconds at most: embedding may take ten of them, the model fifteen.
    openai_patience_seconds: Annotated[float, Field(ge=0, le=600)] = 4.0
    openai_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 6.0
    public_url: str = "http://127.0.0.1:8080"
    cors_origins: tuple[str, ...] = ()
    max_form_upload_bytes: int = LIMITS.form_upload_bytes
    presign_seconds: Annotated[int, Field(ge=60, le=43_200)] = 3600
    # How long a slideshow project lives; 0: for ever.
    project_days: Annotated[int, Field(ge=0, le=3650)] = LIMITS.project_days
    # Places inside the own network, as host:port, that pictures may be fetched from all the same.
    image_hosts_trusted: tuple[str, ...] = ()
    image_ports: tuple[int, ...] = (80, 443)
    # Of one API key; 0: no limit. A burst may follow a pause.
    requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 6000
    requests_burst: Annotated[int, Field(ge=1, le=100_000)] = 600


class ProcessorSettings(DatabaseSettings, StorageSettings, SpeechSettings):
    worker_concurrency: Annotated[int, Field(ge=1, le=32)] = 2
    heartbeat_seconds: Annotated[float, Field(gt=0)] = LEASE.heartbeat
    thumbnail_every: Annotated[float, Field(gt=0)] = THUMBNAIL_EVERY
    scratch_folder: Path | None = None
    face_model: Path | None = None
    max_media_bytes: Annotated[int, Field(ge=1)] = LIMITS.upload_bytes
    shutdown_seconds: Annotated[int, Field(ge=0)] = 100


class SlideshowSettings(DatabaseSettings, StorageSettings):
    """What one execution may take on; the rest is a worker's. `slideshow_pixels`: of all frames of a film together,
    five minutes in full HD at 30 a second, which take half of the function's time."""

    heartbeat_seconds: Annotated[float, Field(gt=0)] = LEASE.heartbeat
    presign_seconds: Annotated[int, Field(ge=60, le=43_200)] = 3600
    slideshow_pixels: Annotated[float, Field(ge=0)] = 1920 * 1080 * 30 * 300
    slideshow_input_bytes: Annotated[int, Field(ge=0)] = 2 * 1024**3
    scratch_folder: Path | None = None
    face_model: Path | None = None


class AdministrationSettings(DatabaseSettings):
    pass


class ReindexingSettings(DatabaseSettings, StorageSettings, LanguageSettings):
    pass


# Which process reads which: the infrastructure derives environments from it.
BY_UNIT: dict[str, type[Settings]] = {
    "ingest": IngestSettings,
    "chunking": ChunkingSettings,
    "embedding": EmbeddingSettings,
    "summary": SummarySettings,
    "question": QuestionSettings,
    "transcription": TranscriptionSettings,
    "sweeper": SweeperSettings,
    "question_api": QuestionApiSettings,
    "administration": AdministrationSettings,
    "reindexing": ReindexingSettings,
    "slideshow": SlideshowSettings,
    "processor": ProcessorSettings,
}

"""Puts adapters behind ports, as the settings say. Entry points open what they need here and nowhere else.

Adapters are imported where they are made, so that a function loads only the libraries that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from video_pipeline.chunking import Chunking, Cutter
from video_pipeline.database import Address, Database, fixed
from video_pipeline.dispatching import Dispatching, Works
from video_pipeline.erasing import Erasing
from video_pipeline.errors import Misconfigured
from video_pipeline.indexing import Indexing
from video_pipeline.intake import Intake
from video_pipeline.model import Index, IndexSpec, ObjectRef
from video_pipeline.moments import moments
from video_pipeline.ports import (
    Answerer,
    Embedder,
    LanguageModel,
    Ledger,
    OpenIndex,
    Queue,
    Recogniser,
    TranscriptionService,
    VectorIndex,
)
from video_pipeline.pricing import PriceList
from video_pipeline.processing import Processing, Tools
from video_pipeline.publishing import Publishing
from video_pipeline.rejecting import Rejecting
from video_pipeline.settings import (
    AdministrationSettings,
    ChatSettings,
    ChunkingSettings,
    DatabaseSettings,
    EmbeddingSettings,
    IndexSettings,
    IngestSettings,
    LanguageSettings,
    MailSettings,
    OpenAiSettings,
    ProcessorSettings,
    QuestionApiSettings,
    QuestionSettings,
    ReindexingSettings,
    Settings,
    SlideshowSettings,
    SpeechSettings,
    SpendingSettings,
    StorageSettings,
    SummarySettings,
    SweeperSettings,
    TranscriptionSettings,
)
from video_pipeline.spending import PaidEmbedder, PaidModel, PaidRecogniser, Purse
from video_pipeline.store.leases import Policy
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.sweeping import Sweeping
from video_pipeline.topology import PROCESSING, PROCESSING_RETRY, Retry, resource_name
from video_pipeline.transcribing import Transcribing

if TYPE_CHECKING:
    from video_pipeline.administering import Administering
    from video_pipeline.answering import Answering
    from video_pipeline.api.dependencies import ApiDependencies, ProjectDesk
    from video_pipeline.aws.clients import Clients
    from video_pipeline.aws.objects import S3Objects
    from video_pipeline.aws.publisher import Publisher
    from video_pipeline.deadletters import DeadLetters
    from video_pipeline.language.openai_account import OpenAiAccount
    from video_pipeline.mailing import Mailing
    from video_pipeline.projects.ordering import Ordering
    from video_pipeline.projects.rendering import Bounds, Rendering
    from video_pipeline.reindexing import Reindexing
    from video_pipeline.speech.amazon import AmazonTranscribe
    from video_pipeline.summarising import Summarising


# ------------------------------------------------------------------------------------------ the parts
def open_clients(settings: Settings) -> Clients:
    from video_pipeline.aws.clients import Clients

    return Clients(settings.aws_region)


def database_address(settings: DatabaseSettings, clients: Clients | None = None) -> Address:
    """The given URL, or what the secret says that RDS rotates; else `Misconfigured`."""
    if settings.database_url:
        return fixed(settings.database_url)
    if not (settings.database_secret_arn and settings.database_host):
        raise Misconfigured(
            "database_missing",
            "No database is configured.",
            hint="Set DATABASE_URL, or DATABASE_SECRET_ARN and DATABASE_HOST.",
        )
    from video_pipeline.aws.rds import RdsAddress

    secrets = (clients or open_clients(settings)).secrets
    return RdsAddress(secrets, settings.database_secret_arn, host=settings.database_host, name=settings.database_name)


def database_url(settings: DatabaseSettings, clients: Clients | None = None) -> str:
    """The address for a connection that is made at once; a secret is read for it."""
    return database_address(settings, clients)()


def open_database(settings: DatabaseSettings) -> Database:
    """Raises at once what is wrong with the secret, which a connection would only say by not coming about."""
    address = database_address(settings)
    address()
    return Database(address, size=settings.database_pool)


def open_ledger(settings: DatabaseSettings) -> PostgresLedger:
    return _ledger(open_database(settings), settings)


def _ledger(database: Database, settings: DatabaseSettings) -> PostgresLedger:
    policy = Policy(lease=settings.lease_seconds, active=settings.max_active_videos, attempts=settings.max_attempts)
    return PostgresLedger(database, policy)


def open_objects(clients: Clients) -> S3Objects:
    from video_pipeline.aws.objects import S3Objects

    return S3Objects(clients.s3)


def open_publisher(clients: Clients, settings: Settings) -> Publisher:
    from video_pipeline.aws.publisher import Publisher

    return Publisher(clients.kinesis, clients.sqs, settings.environment_suffix)


def open_dead_letters(clients: Clients, suffix: str) -> DeadLetters:
    from video_pipeline.aws.queue import SqsQueue
    from video_pipeline.aws.stream import KinesisStreams
    from video_pipeline.deadletters import DeadLetters

    return DeadLetters(
        lambda name: SqsQueue(clients.sqs, resource_name(name, suffix)),
        KinesisStreams(clients.kinesis, suffix),
        open_objects(clients),
    )


def open_purse(settings: SpendingSettings, ledger: Ledger) -> Purse:
    return Purse(ledger.spending, PriceList.read(settings.prices_file), settings.daily_budget_usd)


def open_embedder(settings: LanguageSettings, purse: Purse) -> Embedder:
    if settings.embedding_provider == "openai":
        from video_pipeline.language.openai_embeddings import OpenAiEmbedder
        from video_pipeline.language.patience import Patience

        embedder = OpenAiEmbedder(
            _openai(settings),
            model=settings.openai_embedding_model,
            dimensions=settings.openai_embedding_dimensions,
            patience=Patience(seconds=settings.openai_patience_seconds),
            meter=purse.embedded,
        )
        return PaidEmbedder(embedder, purse)
    from video_pipeline.language.minilm import MiniLm

    return MiniLm(settings.minilm_folder)


def open_model(settings: ChatSettings, purse: Purse) -> LanguageModel | None:
    """None when no language model is configured: there has to be a key, and a model's name."""
    if not settings.chats:
        return None
    from video_pipeline.language.openai_chat import OpenAiChat

    return PaidModel(OpenAiChat(_openai(settings), model=settings.openai_chat_model), purse)


def _openai(settings: OpenAiSettings) -> OpenAiAccount:
    from video_pipeline.language.openai_account import OpenAiAccount

    key = _key("OPENAI", settings, settings.openai_api_key, settings.openai_secret_arn)
    return OpenAiAccount(
        key, fresh_key=key.fresh, base_url=settings.openai_base_url, timeout=settings.openai_timeout_seconds
    )


def open_vectors(settings: LanguageSettings, database: Database, index: Index) -> VectorIndex:
    if settings.vector_store == "pinecone":
        from video_pipeline.vectors.pinecone import PineconeIndex

        return PineconeIndex(
            _key("PINECONE", settings, settings.pinecone_api_key, settings.pinecone_secret_arn),
            index=settings.pinecone_index,
            host=settings.pinecone_host,
            space=index.space,
            dimensions=index.spec.dimensions,
            cloud=settings.pinecone_cloud,
            region=settings.aws_region,
        )
    from video_pipeline.vectors.pgvector import PgVectorIndex

    return PgVectorIndex(database, space=index.space, dimensions=index.spec.dimensions)


def wanted_index(settings: IndexSettings) -> IndexSpec:
    """The index that the settings ask for."""
    if settings.embedding_provider == "openai":
        model, dimensions = settings.openai_embedding_model, settings.openai_embedding_dimensions
    else:
        from video_pipeline.language.minilm import DIMENSIONS, MODEL

        model, dimensions = MODEL, DIMENSIONS
    return IndexSpec(
        provider=settings.embedding_provider,
        model=model,
        dimensions=dimensions,
        store=settings.vector_store,
        collection=settings.pinecone_index if settings.vector_store == "pinecone" else "embeddings",
        chunk_tokens=settings.chunk_tokens,
        chunk_minimum_tokens=settings.chunk_minimum_tokens,
        labelled=True,
    )


class Opener:
    """Opens indexes, each with the embedder and the store that it was made with, whatever the settings ask for now."""

    def __init__(self, settings: LanguageSettings, database: Database, ledger: Ledger) -> None:
        self._settings = settings
        self._database = database
        self._ledger = ledger
        self._embedders: dict[tuple[str, str, int], Embedder] = {}
        self._opened: dict[tuple[str, IndexSpec], OpenIndex] = {}

    def __call__(self, index: Index) -> OpenIndex:
        # By its spec as well: an index may move to another store.
        known = self._opened.get((index.space, index.spec))
        if known is None:
            settings = as_made(self._settings, index.spec)
            vectors = open_vectors(settings, self._database, index)
            known = self._opened[index.space, index.spec] = OpenIndex(
                index, self._embedder(settings, index.spec), vectors
            )
        return known

    def serving(self) -> OpenIndex:
        return self(self._ledger.indexes.serving(wanted_index(self._settings)))

    def _embedder(self, settings: LanguageSettings, spec: IndexSpec) -> Embedder:
        """One for each model: a model on this machine takes memory."""
        key = (spec.provider, spec.model, spec.dimensions)
        if key not in self._embedders:
            self._embedders[key] = open_embedder(settings, open_purse(settings, self._ledger))
        return self._embedders[key]


def as_made(settings: LanguageSettings, spec: IndexSpec) -> LanguageSettings:
    """The settings that an index was made with; addresses and keys are today's."""
    made: dict[str, object] = {"embedding_provider": spec.provider, "vector_store": spec.store}
    if spec.provider == "openai":
        made |= {"openai_embedding_model": spec.model, "openai_embedding_dimensions": spec.dimensions}
    if spec.store == "pinecone" and spec.collection != settings.pinecone_index:
        made |= {"pinecone_index": spec.collection, "pinecone_host": None}
    return settings.model_copy(update=made)


@dataclass(frozen=True)
class Key:
    """Asked for each time it is needed, so that a rotated key is picked up without a restart."""

    read: Callable[[bool], str]

    def __call__(self) -> str:
        """At most a few minutes old."""
        return self.read(False)

    def fresh(self) -> str:
        """As it is now."""
        return self.read(True)


def _key(name: str, settings: Settings, given: SecretStr | None, secret_arn: str | None) -> Key:
    if secret_arn:
        from video_pipeline.aws.secrets import secret_value

        clients = open_clients(settings)
        return Key(lambda fresh: secret_value(clients.secrets, secret_arn, fresh=fresh))
    if given is None:
        raise Misconfigured(
            "api_key_not_configured",
            f"{name} is chosen, but there is no key for it.",
            hint=f"Set {name}_API_KEY, or {name}_SECRET_ARN.",
        )
    return Key(lambda _: given.get_secret_value())


def _amazon(settings: SpeechSettings, storage: StorageSettings, clients: Clients) -> AmazonTranscribe:
    from video_pipeline.speech.amazon import AmazonTranscribe

    return AmazonTranscribe(
        clients.transcribe,
        open_objects(clients),
        output_bucket=storage.results,
        max_speakers=settings.transcribe_max_speakers,
        job_prefix=resource_name("video-pipeline", settings.environment_suffix),
    )


def open_recogniser(settings: ProcessorSettings, clients: Clients, purse: Purse) -> Recogniser:
    if settings.speech_engine == "transcribe":
        return PaidRecogniser(_amazon(settings, settings, clients), purse, model="amazon-transcribe")
    if settings.speech_engine == "whisper":
        from video_pipeline.speech.whisper import WhisperRecogniser

        return WhisperRecogniser(settings.whisper_model, compute_type=settings.whisper_compute_type)
    from video_pipeline.speech.isolated import IsolatedPocketsphinx

    return IsolatedPocketsphinx()


# A follow-up is first made understandable alone, and then answered.
_TO_UNDERSTAND: Final = 1 / 3


def _answering(
    ledger: Ledger, opener: Opener, settings: QuestionSettings | QuestionApiSettings, model: LanguageModel | None
) -> Answering:
    from video_pipeline.answering import Answering
    from video_pipeline.claiming import ModelAnswerer
    from video_pipeline.conversing import Conversing
    from video_pipeline.extractive import ExtractiveAnswerer

    to_understand = settings.openai_chat_seconds * _TO_UNDERSTAND
    to_answer = settings.openai_chat_seconds - to_understand

    def answerer(embedder: Embedder) -> Answerer:
        quoting = ExtractiveAnswerer(embedder)
        return quoting if model is None else ModelAnswerer(model, quoting, seconds=to_answer)

    return Answering(
        ledger.chunks,
        ledger.videos,
        opener.serving,
        answerer,
        public_url=settings.public_url,
        conversing=Conversing(ledger.conversations, model, seconds=to_understand),
    )


def _mailing(
    settings: MailSettings, storage: StorageSettings, ledger: Ledger, objects: S3Objects, clients: Clients
) -> Mailing | None:
    """None where no address is set that mail could come from."""
    if not settings.mail_from:
        return None
    from video_pipeline.aws.mail import SesMailer
    from video_pipeline.mail.addresses import Welcome
    from video_pipeline.mailing import Mailing

    return Mailing(
        ledger.mails,
        ledger.videos,
        objects,
        SesMailer(clients.mail),
        results_bucket=storage.results,
        sender=settings.mail_from,
        human=settings.human_address,
        welcome=Welcome(settings.mail_allowed),
    )


def _mail_receiver(
    settings: IngestSettings, ledger: Ledger, objects: S3Objects, clients: Clients
) -> Callable[[ObjectRef], None]:
    """Opened by the first mail: most that arrives is none."""

    def accept(ref: ObjectRef) -> None:
        from video_pipeline.mail.addresses import Welcome
        from video_pipeline.receiving import Receiving

        receiving = Receiving(
            ledger.mails,
            objects,
            open_publisher(clients, settings),
            own_address=settings.mail_from,
            welcome=Welcome(settings.mail_allowed),
        )
        receiving.accept(ref)

    return accept


# ------------------------------------------------------------------------------------------ the units
@dataclass(frozen=True)
class Consumer:
    """What every stream consumer has."""

    rejecting: Rejecting
    publishing: Publishing


@dataclass(frozen=True)
class IngestHost(Consumer):
    intake: Intake


@dataclass(frozen=True)
class ChunkingHost(Consumer):
    chunking: Chunking


@dataclass(frozen=True)
class EmbeddingHost(Consumer):
    indexing: Indexing


@dataclass(frozen=True)
class SummaryHost:
    summarising: Summarising
    publishing: Publishing


@dataclass(frozen=True)
class QuestionHost(Consumer):
    ledger: Ledger
    answering: Answering
    mailing: Mailing | None = None


@dataclass(frozen=True)
class TranscriptionHost:
    transcribing: Transcribing
    service: TranscriptionService
    publishing: Publishing


@dataclass(frozen=True)
class Processor:
    ledger: Ledger
    queue: Queue
    processing: Works


@dataclass(frozen=True)
class SlideshowHost:
    ledger: Ledger
    objects: S3Objects
    ordering: Ordering
    rendering: Rendering
    publisher: Publisher
    publishing: Publishing
    heartbeat_seconds: float
    presign_seconds: int


def _rejecting(ledger: Ledger, clients: Clients, storage: StorageSettings) -> Rejecting:
    return Rejecting(ledger.rejections, open_objects(clients), results_bucket=storage.results)


def _publishing(ledger: Ledger, clients: Clients, settings: Settings) -> Publishing:
    return Publishing(ledger.outbox, open_publisher(clients, settings))


def open_ingest(settings: IngestSettings) -> IngestHost:
    clients, ledger = open_clients(settings), open_ledger(settings)
    rejecting, objects = _rejecting(ledger, clients, settings), open_objects(clients)
    mail = _mail_receiver(settings, ledger, objects, clients)
    intake = Intake(ledger, objects, rejecting, media_bucket=settings.media, mail=mail)
    return IngestHost(rejecting, _publishing(ledger, clients, settings), intake)


def _cutter(settings: ChunkingSettings | ReindexingSettings, clients: Clients) -> Cutter:
    from video_pipeline.language.minilm_files import model_file
    from video_pipeline.language.tokens import WordPieceCounter

    counter = WordPieceCounter(model_file("tokenizer.json", settings.minilm_folder))
    return Cutter(open_objects(clients), counter, results_bucket=settings.results)


def open_chunking(settings: ChunkingSettings) -> ChunkingHost:
    clients, ledger = open_clients(settings), open_ledger(settings)
    wanted = wanted_index(settings)
    chunking = Chunking(ledger, _cutter(settings, clients), lambda: ledger.indexes.serving(wanted))
    return ChunkingHost(_rejecting(ledger, clients, settings), _publishing(ledger, clients, settings), chunking)


def open_embedding(settings: EmbeddingSettings) -> EmbeddingHost:
    clients, database = open_clients(settings), open_database(settings)
    ledger = _ledger(database, settings)
    indexing = Indexing(ledger, Opener(settings, database, ledger).serving)
    return EmbeddingHost(_rejecting(ledger, clients, settings), _publishing(ledger, clients, settings), indexing)


def open_summary(settings: SummarySettings) -> SummaryHost:
    from video_pipeline.summaries.modelled import ModelWriter
    from video_pipeline.summarising import Summarising

    clients, ledger = open_clients(settings), open_ledger(settings)
    model = open_model(settings, open_purse(settings, ledger))
    chars, seconds = settings.summary_part_chars, settings.summary_seconds
    writer = None if model is None else ModelWriter(model, part_chars=chars, seconds=seconds)
    summarising = Summarising(
        ledger,
        open_objects(clients),
        writer,
        results_bucket=settings.results,
        link=moments(settings.public_url),
    )
    return SummaryHost(summarising, _publishing(ledger, clients, settings))


def open_question(settings: QuestionSettings) -> QuestionHost:
    clients, database = open_clients(settings), open_database(settings)
    ledger = _ledger(database, settings)
    return QuestionHost(
        _rejecting(ledger, clients, settings),
        _publishing(ledger, clients, settings),
        ledger,
        _answering(
            ledger, Opener(settings, database, ledger), settings, open_model(settings, open_purse(settings, ledger))
        ),
        _mailing(settings, settings, ledger, open_objects(clients), clients),
    )


def open_transcription(settings: TranscriptionSettings) -> TranscriptionHost:
    clients, ledger = open_clients(settings), open_ledger(settings)
    transcribing = Transcribing(ledger, open_objects(clients), results_bucket=settings.results)
    return TranscriptionHost(transcribing, _amazon(settings, settings, clients), _publishing(ledger, clients, settings))


def open_sweeper(settings: SweeperSettings) -> Sweeping:
    from video_pipeline.projects.removing import Removing

    clients, database = open_clients(settings), open_database(settings)
    ledger = _ledger(database, settings)
    opener = Opener(settings, database, ledger)
    erasing = Erasing(
        ledger, open_objects(clients), opener, media_bucket=settings.media, results_bucket=settings.results
    )
    removing = Removing(ledger, open_objects(clients), media_bucket=settings.media, results_bucket=settings.results)
    return Sweeping(
        ledger,
        open_publisher(clients, settings).publish,
        lambda: len(erasing.resume()),
        removing.expire,
        segments_idle=settings.raw_upload_idle,
        stalled=settings.stalled_seconds,
    )


def open_api(settings: QuestionApiSettings) -> ApiDependencies:
    from video_pipeline.api.dependencies import ApiDependencies
    from video_pipeline.asking import Asking
    from video_pipeline.importing import Importing
    from video_pipeline.keys import Rate
    from video_pipeline.resummarising import Resummarising
    from video_pipeline.steering import Steering
    from video_pipeline.uploading import Uploading

    clients, database = open_clients(settings), open_database(settings)
    ledger, objects = _ledger(database, settings), open_objects(clients)
    publishing = _publishing(ledger, clients, settings)
    opener = Opener(settings, database, ledger)
    erasing = Erasing(ledger, objects, opener, media_bucket=settings.media, results_bucket=settings.results)
    return ApiDependencies(
        ledger=ledger,
        objects=objects,
        answering=_answering(ledger, opener, settings, open_model(settings, open_purse(settings, ledger))),
        asking=Asking(open_publisher(clients, settings), _mailing(settings, settings, ledger, objects, clients)),
        uploading=Uploading(
            ledger,
            objects,
            publishing,
            media_bucket=settings.media,
            form_bytes=settings.max_form_upload_bytes,
        ),
        importing=Importing(
            ledger,
            objects,
            Transcribing(ledger, objects, results_bucket=settings.results),
            publishing,
            media_bucket=settings.media,
        ),
        resummarising=Resummarising(ledger, publishing),
        erasing=erasing,
        purse=open_purse(settings, ledger),
        steering=Steering(ledger, objects, publishing),
        dead_letters=open_dead_letters(clients, settings.environment_suffix),
        projects=_project_desk(settings, ledger, objects, publishing),
        media_bucket=settings.media,
        results_bucket=settings.results,
        public_url=settings.public_url,
        presign_seconds=settings.presign_seconds,
        cors_origins=settings.cors_origins,
        rate=Rate(settings.requests_per_minute, settings.requests_burst) if settings.requests_per_minute else None,
    )


def _project_desk(
    settings: QuestionApiSettings, ledger: Ledger, objects: S3Objects, publishing: Publishing
) -> ProjectDesk:
    from video_pipeline.api.dependencies import ProjectDesk
    from video_pipeline.internet.addresses import Guard
    from video_pipeline.internet.download import Download
    from video_pipeline.projects.collecting import Collecting
    from video_pipeline.projects.ordering import Ordering
    from video_pipeline.projects.removing import Removing
    from video_pipeline.projects.sending import Sending

    media = settings.media
    downloads = Download(Guard(settings.image_hosts_trusted, settings.image_ports))
    collecting = Collecting(ledger, objects, downloads, media_bucket=media, days=settings.project_days)
    return ProjectDesk(
        collecting=collecting,
        sending=Sending(ledger, objects, collecting, media_bucket=media),
        ordering=Ordering(ledger, publishing, media_bucket=media),
        removing=Removing(ledger, objects, media_bucket=media, results_bucket=settings.results),
    )


def _rendering(
    settings: ProcessorSettings | SlideshowSettings, ledger: Ledger, clients: Clients, bounds: Bounds | None = None
) -> Rendering:
    from video_pipeline.media.workspace import ScratchFolders
    from video_pipeline.projects.rendering import Rendering, Tools
    from video_pipeline.slideshow.faces import faces_by
    from video_pipeline.slideshow.films import Slideshows

    tools = Tools(
        ledger=ledger,
        objects=open_objects(clients),
        films=Slideshows(faces_by(settings.face_model)),
        workspace=ScratchFolders(settings.scratch_folder),
        publishing=_publishing(ledger, clients, settings),
        media_bucket=settings.media,
        results_bucket=settings.results,
        retry=_retry(settings),
        bounds=bounds,
    )
    return Rendering(tools)


def open_slideshow(settings: SlideshowSettings) -> SlideshowHost:
    from video_pipeline.projects.ordering import Ordering
    from video_pipeline.projects.rendering import Bounds

    clients, ledger = open_clients(settings), open_ledger(settings)
    publishing = _publishing(ledger, clients, settings)
    bounds = Bounds(pixels=settings.slideshow_pixels, input_bytes=settings.slideshow_input_bytes)
    return SlideshowHost(
        ledger=ledger,
        objects=open_objects(clients),
        ordering=Ordering(ledger, publishing, media_bucket=settings.media),
        rendering=_rendering(settings, ledger, clients, bounds),
        publisher=open_publisher(clients, settings),
        publishing=publishing,
        heartbeat_seconds=settings.heartbeat_seconds,
        presign_seconds=settings.presign_seconds,
    )


def _retry(settings: DatabaseSettings) -> Retry:
    return Retry(
        attempts=settings.max_attempts,
        base=PROCESSING_RETRY.base,
        factor=PROCESSING_RETRY.factor,
        cap=PROCESSING_RETRY.cap,
    )


def open_reindexing(settings: ReindexingSettings, clients: Clients | None = None) -> Reindexing:
    from video_pipeline.reindexing import Reindexing

    clients, database = clients or open_clients(settings), open_database(settings)
    ledger = _ledger(database, settings)
    return Reindexing(
        ledger,
        _cutter(settings, clients),
        Opener(settings, database, ledger),
        _publishing(ledger, clients, settings),
        wanted_index(settings),
    )


@contextmanager
def open_processor(settings: ProcessorSettings) -> Iterator[Processor]:
    """The worker's parts; the database is closed afterwards."""
    from video_pipeline.aws.queue import SqsQueue
    from video_pipeline.fetching import Fetching
    from video_pipeline.media.reader import PyAvMedia
    from video_pipeline.media.workspace import ScratchFolders
    from video_pipeline.subtitles import Captions

    clients, ledger = open_clients(settings), open_ledger(settings)
    objects, media = open_objects(clients), PyAvMedia()
    tools = Tools(
        ledger=ledger,
        objects=objects,
        media=media,
        recogniser=open_recogniser(settings, clients, open_purse(settings, ledger)),
        workspace=ScratchFolders(settings.scratch_folder),
        fetching=Fetching(objects, most=settings.max_media_bytes),
        captions=Captions(objects, media),
        transcribing=Transcribing(ledger, objects, results_bucket=settings.results),
        publishing=_publishing(ledger, clients, settings),
        results_bucket=settings.results,
        thumbnail_every=settings.thumbnail_every,
        retry=_retry(settings),
    )
    works = Dispatching(Processing(tools), _rendering(settings, ledger, clients))
    queue = SqsQueue(clients.sqs, resource_name(PROCESSING.name, settings.environment_suffix))
    try:
        yield Processor(ledger, queue, works)
    finally:
        ledger.close()


# A serverless database that paused resumes in about half a minute.
RESUMING_SECONDS: Final = 120.0


@contextmanager
def open_administration(settings: AdministrationSettings) -> Iterator[Administering]:
    """Once the database answers, which a paused one does late; Unavailable("database_unavailable") when it does not."""
    from video_pipeline.administering import Administering
    from video_pipeline.store.migrate import migrate

    address = database_address(settings)
    address()
    database = Database(address, size=1, wait=RESUMING_SECONDS)
    try:
        ledger = _ledger(database, settings)
        ledger.ping()
        yield Administering(lambda: migrate(address()), ledger.keys)
    finally:
        database.close()

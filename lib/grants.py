"""Who may do what in this stack: for every process the rights that its use cases need, on the resources by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.permissions import Statement
from lib.place import Place
from video_pipeline.layout import VIDEOS_PREFIX
from video_pipeline.topology import (
    DEAD_LETTER_QUEUES,
    INGESTION,
    OPENAI_SECRET,
    PINECONE_SECRET,
    PIPELINE,
    PROCESSING,
    PROJECTS_PREFIX,
    QUEUE_CONSUMERS,
    QUEUES,
    SEGMENTS_PREFIX,
    SLIDESHOW,
    STREAM_CONSUMERS,
    STREAMS,
    SUMMARY,
    TRANSCRIPTION_JOBS,
    UPLOADS_PREFIX,
)


@dataclass(frozen=True)
class Reach:
    """ARNs of what may be reached; streams, queues and secrets by their resource type."""

    place: Place
    streams: Mapping[str, str]
    queues: Mapping[str, str]
    secrets: Mapping[str, str]
    media: str
    results: str
    database_secret: str

    def statements(self, unit: str) -> list[Statement]:
        """All rights of a unit of the topology, or of `processor`."""
        made = [self._database(), *self._consumes(unit)]
        for right in _RIGHTS[unit]:
            made += right(self)
        return made

    def _database(self) -> Statement:
        return Statement(["secretsmanager:GetSecretValue"], [self.database_secret])

    def _consumes(self, unit: str) -> list[Statement]:
        streams = [self.streams[each.stream] for each in STREAM_CONSUMERS if each.unit == unit]
        letters = [self.queues[each.dead_letter] for each in STREAM_CONSUMERS if each.unit == unit]
        queues = [self.queues[each.queue] for each in QUEUE_CONSUMERS if each.unit == unit]
        made: list[Statement] = []
        if streams:
            made += [_reads_stream(streams), Statement(["sqs:SendMessage"], letters)]
        if queues:
            made.append(_receives(queues))
        return made

    # ---------------------------------------------------------------------------------------- rights
    def publishes(self) -> list[Statement]:
        """Whoever moves a job may find any message in the outbox, also one that another process left there."""
        letters = [self.queues[each.name] for each in DEAD_LETTER_QUEUES]
        work = [self.queues[each.name] for each in (PROCESSING, SUMMARY, SLIDESHOW)]
        return [
            Statement(["kinesis:PutRecord", "kinesis:PutRecords"], [self.streams[PIPELINE.name]]),
            Statement(["sqs:SendMessage", "sqs:GetQueueUrl"], [*work, *letters]),
        ]

    def reads_media(self) -> list[Statement]:
        return [
            Statement(["s3:GetObject", "s3:GetObjectVersion"], [f"{self.media}/*"]),
            Statement(["s3:ListBucket"], [self.media]),
        ]

    def writes_media(self) -> list[Statement]:
        return [Statement(_WRITING, [f"{self.media}/*"])]

    def reads_results(self) -> list[Statement]:
        return [
            Statement(["s3:GetObject", "s3:GetObjectVersion"], [f"{self.results}/*"]),
            Statement(["s3:ListBucket"], [self.results]),
        ]

    def writes_results(self) -> list[Statement]:
        return [Statement(_WRITING, [f"{self.results}/*"])]

    def erases(self) -> list[Statement]:
        objects = [f"{self.media}/*", f"{self.results}/*"]
        return [
            Statement(["s3:DeleteObject", "s3:DeleteObjectVersion"], objects),
            Statement(["s3:ListBucket", "s3:ListBucketVersions"], [self.media, self.results]),
        ]

    def drops_indexes(self) -> list[Statement]:
        """The passages of an index that another one has replaced."""
        passages = [f"{self.results}/{VIDEOS_PREFIX}*"]
        return [
            Statement(["s3:DeleteObject", "s3:DeleteObjectVersion"], passages),
            Statement(["s3:ListBucketVersions"], [self.results]),
        ]

    def withdraws_results(self) -> list[Statement]:
        """What was written of a video that was erased in the meantime."""
        return [
            Statement(["s3:DeleteObject", "s3:DeleteObjectVersion"], [f"{self.results}/{VIDEOS_PREFIX}*"]),
            Statement(["s3:ListBucketVersions"], [self.results]),
        ]

    def clears_segments(self) -> list[Statement]:
        """Raw segments go as soon as the film is put together."""
        segments = [f"{self.media}/{SEGMENTS_PREFIX}*"]
        return [
            Statement(["s3:DeleteObject", "s3:DeleteObjectVersion"], segments),
            Statement(["s3:ListBucketVersions"], [self.media]),
        ]

    def asks_language_model(self) -> list[Statement]:
        return [Statement(["secretsmanager:GetSecretValue"], [self.secrets[OPENAI_SECRET]])]

    def asks_models(self) -> list[Statement]:
        secrets = [self.secrets[OPENAI_SECRET]]
        if self.place.environment.vector_store == "pinecone":
            secrets.append(self.secrets[PINECONE_SECRET])
        return [Statement(["secretsmanager:GetSecretValue"], secrets)]

    def asks_questions(self) -> list[Statement]:
        return [Statement(["kinesis:PutRecord", "kinesis:PutRecords"], [self.streams[INGESTION.name]])]

    def operates(self) -> list[Statement]:
        """Looks after queues; dead letters go back to the stream or queue that they came from."""
        letters = [self.queues[each.name] for each in DEAD_LETTER_QUEUES]
        work = [self.queues[each.name] for each in QUEUES if each.dead_letter]
        streams = [self.streams[each.name] for each in STREAMS]
        return [
            Statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"], letters),
            Statement(["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], [*work, *letters]),
            Statement(["sqs:SendMessage"], work),
            Statement(["kinesis:GetShardIterator", "kinesis:GetRecords"], streams),
        ]

    def takes_mail(self) -> list[Statement]:
        """Mails become questions on the stream."""
        return self.asks_questions() if self.place.environment.mail_domain else []

    def sends_mail(self) -> list[Statement]:
        """In the name of one address; SES asks for the second right where a mail comes as bytes."""
        environment = self.place.environment
        if not environment.mail_domain:
            return []
        identity = self.place.arn("ses", f"identity/{environment.mail_domain}")
        only = {"StringEquals": {"ses:FromAddress": environment.mail_address}}
        return [Statement(["ses:SendEmail", "ses:SendRawEmail"], [identity], only), *self.reads_results()]

    def renders(self) -> list[Statement]:
        """Reads projects, and puts their films beside the results, or with the uploads if they become videos."""
        pictures, films = f"{self.media}/{PROJECTS_PREFIX}*", self._films()
        return [
            Statement(["s3:GetObject", "s3:GetObjectVersion"], [pictures]),
            Statement(["s3:ListBucket"], [self.media, self.results]),
            Statement(_WRITING, [f"{self.media}/{UPLOADS_PREFIX}*"]),
            Statement(["s3:GetObject", "s3:GetObjectVersion", *_WRITING], films, because=_FILMS),
        ]

    def withdraws_films(self) -> list[Statement]:
        """Of a project that was removed while its film was made."""
        return [
            Statement(["s3:DeleteObject", "s3:DeleteObjectVersion"], self._films(), because=_FILMS_GO),
            Statement(["s3:ListBucketVersions"], [self.results]),
        ]

    def _films(self) -> list[str]:
        """And what is said in them, beside each."""
        return [f"{self.results}/{VIDEOS_PREFIX}*_final_video.{suffix}" for suffix in ("mp4", "vtt")]

    def works(self) -> list[Statement]:
        return [_receives([self.queues[PROCESSING.name]])]

    def transcribes(self) -> list[Statement]:
        jobs = self.place.arn("transcribe", f"transcription-job/{self.place.names(TRANSCRIPTION_JOBS)}-*")
        return [
            Statement(
                ["transcribe:StartTranscriptionJob"],
                ["*"],
                because="a job has no ARN before it is started; its name is checked where it is read",
            ),
            Statement(["transcribe:GetTranscriptionJob", "transcribe:DeleteTranscriptionJob"], [jobs]),
        ]


_WRITING: Final = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
_FILMS: Final = "a film is named by its project, whose number nobody knows before"
_FILMS_GO: Final = "of a project that was removed meanwhile only its number is known, and only then"
_Right = Callable[[Reach], Sequence[Statement]]
_RIGHTS: Final[Mapping[str, tuple[_Right, ...]]] = {
    "ingest": (Reach.publishes, Reach.reads_media, Reach.writes_media, Reach.writes_results, Reach.takes_mail),
    "chunking": (Reach.publishes, Reach.reads_results, Reach.writes_results),
    "embedding": (Reach.publishes, Reach.writes_results, Reach.asks_models),
    "summary": (
        Reach.publishes,
        Reach.reads_results,
        Reach.writes_results,
        Reach.withdraws_results,
        Reach.asks_language_model,
    ),
    "question": (Reach.publishes, Reach.writes_results, Reach.asks_models, Reach.sends_mail),
    "transcription": (Reach.publishes, Reach.reads_results, Reach.writes_results, Reach.transcribes),
    "sweeper": (Reach.publishes, Reach.erases, Reach.asks_models),
    "question_api": (
        Reach.publishes,
        Reach.asks_questions,
        Reach.reads_media,
        Reach.writes_media,
        Reach.reads_results,
        Reach.writes_results,
        Reach.erases,
        Reach.asks_models,
        Reach.operates,
    ),
    "administration": (),
    "reindexing": (
        Reach.publishes,
        Reach.reads_results,
        Reach.writes_results,
        Reach.drops_indexes,
        Reach.asks_models,
    ),
    "slideshow": (Reach.publishes, Reach.renders, Reach.withdraws_films),
    "processor": (
        Reach.publishes,
        Reach.works,
        Reach.reads_media,
        Reach.writes_media,
        Reach.clears_segments,
        Reach.reads_results,
        Reach.writes_results,
        Reach.withdraws_films,
        Reach.transcribes,
    ),
}


def _reads_stream(arns: Sequence[str]) -> Statement:
    actions = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
    return Statement([f"kinesis:{each}" for each in actions], arns)


def _receives(arns: Sequence[str]) -> Statement:
    actions = (
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
        "GetQueueUrl",
    )
    return Statement([f"sqs:{each}" for each in actions], arns)

"""The functions as Lambda calls them: real event shapes in, the answer that Lambda acts on out."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import EmulatedAws
from tests.indexes import SPEC
from video_pipeline.database import Database
from video_pipeline.deadletters import RejectedLetter
from video_pipeline.events import ChunksReady, QuestionAsked, TranscriptReady, make_event
from video_pipeline.layout import chunks_key, transcript_key
from video_pipeline.model import (
    JobOptions,
    JobStatus,
    ObjectRef,
    Source,
    TranscriptRecord,
    Video,
    identifier,
    video_identifier,
)
from video_pipeline.ports import Submission
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.transcripts.json_format import write_json
from video_pipeline.transcripts.model import Segment, Transcript

SAID = [
    ("Ann", "The new studio in Lisbon opens on the third of March next year."),
    ("Bob", "We have set aside four million euros for cameras and lights."),
    ("Ann", "Nobody will have to move house, remote work stays as it is."),
]
HANDLERS = ("ingest", "chunking", "embedding", "question", "transcription", "sweeper")


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


@pytest.fixture
def call(
    aws: EmulatedAws, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    """Calls a unit's handler in an environment like that of its function."""
    for name, value in {
        "ENVIRONMENT_SUFFIX": aws.suffix,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "DATABASE_URL": database_url,
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield lambda unit, event: import_module(f"lambdas.{unit}.handler").handler(event, None)
    _forget()
    root.handlers[:] = before
    root.setLevel(level)


def _forget() -> None:
    for unit in HANDLERS:
        module = import_module(f"lambdas.{unit}.handler")
        for name in ("host", "sweeping", "dependencies"):
            if hasattr(module, name):
                getattr(module, name).cache_clear()


def kinesis(aws: EmulatedAws, stream: str, *records: bytes | dict[str, Any]) -> dict[str, Any]:
    """A batch as Lambda hands it over."""
    arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{aws.name(stream)}"
    given = []
    for number, record in enumerate(records, 49590338271490256608559692538361571095921575989136588898):
        data = record if isinstance(record, bytes) else json.dumps(record).encode()
        payload = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "key",
            "sequenceNumber": str(number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1545084650.987,
        }
        given.append(
            {
                "kinesis": payload,
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000006:{number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
                "awsRegion": "us-east-1",
                "eventSourceARN": arn,
            }
        )
    return {"Records": given}


def sqs(aws: EmulatedAws, queue: str, *bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{aws.name(queue)}",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def identified(ledger: PostgresLedger, aws: EmulatedAws, name: str = "a.mp4") -> TranscriptReady:
    """A job that a worker holds, about to be transcribed."""
    media = aws.objects.write(aws.media, name, name.encode(), content_type="video/mp4")
    source = Source(kind="object", media=media, filename=name)
    [(job, _)] = ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    ledger.jobs.claim(job.id, "w1")
    sha256 = name.encode().hex().ljust(64, "0")
    video = Video(
        id=video_identifier(sha256),
        sha256=sha256,
        title=name,
        filename=name,
        media=media,
        job_id=job.id,
        created_at=datetime.now(UTC),
    )
    ledger.jobs.identify(job.id, "w1", video)
    ledger.jobs.begin_stage(job.id, "transcribe", "w1")
    return TranscriptReady(job_id=job.id, video_id=video.id)


def transcribed(ledger: PostgresLedger, aws: EmulatedAws, name: str = "a.mp4") -> TranscriptReady:
    """A job whose transcript has just become ready."""
    ready = identified(ledger, aws, name)
    segments = tuple(Segment(start=n * 5, end=n * 5 + 4, text=text, speaker=who) for n, (who, text) in enumerate(SAID))
    transcript = Transcript(segments=segments, source="sidecar", quality="captions")
    key = transcript_key(ready.video_id, "json")
    aws.objects.write(aws.results, key, write_json(transcript), content_type="application/json")
    record = TranscriptRecord(
        video_id=ready.video_id,
        key=key,
        sha256="0" * 64,
        language="en",
        source="sidecar",
        engine="",
        quality="captions",
        segments=3,
        words=30,
    )
    ledger.jobs.transcript_ready(ready.job_id, record, emit=[], worker="w1")
    return ready


def indexed(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws, name: str = "a.mp4"
) -> UUID:
    ready = transcribed(ledger, aws, name)
    call("chunking", kinesis(aws, "pipeline-stream", make_event(ready, subject="v")))
    chunks = ChunksReady(job_id=ready.job_id, video_id=ready.video_id)
    call("embedding", kinesis(aws, "pipeline-stream", make_event(chunks, subject="v")))
    return ready.video_id


def on_stream(aws: EmulatedAws, stream: str) -> list[str]:
    """The types of the events that lie on a stream."""
    name = aws.name(stream)
    found = []
    for shard in aws.clients.kinesis.list_shards(StreamName=name)["Shards"]:
        iterator = aws.clients.kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = aws.clients.kinesis.get_records(ShardIterator=iterator)
        found += [json.loads(record["Data"])["type"] for record in answer["Records"]]
    return found


def dead_letters(aws: EmulatedAws, queue: str) -> list[RejectedLetter]:
    return [RejectedLetter.model_validate_json(each.body) for each in aws.queue(queue).receive(most=10, wait=0)]


def test_records_become_jobs_and_poison_becomes_dead_letters(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    aws.objects.write(aws.media, "a.mp4", b"x", content_type="video/mp4")
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "test",
        "type": "video.submitted",
        "data": {"uri": f"s3://{aws.media}/a.mp4"},
    }
    assert call("ingest", kinesis(aws, "ingestion-stream", b"poison", event, event)) == {"batchItemFailures": []}
    [job] = ledger.jobs.page()
    [message] = aws.queue("processing-queue").receive(most=10, wait=0)
    assert json.loads(message.body) == {"job_id": str(job.id)}
    [letter] = dead_letters(aws, "ingest-dlq")
    assert letter.reason.code == "not_json"
    assert letter.source.stream == "ingestion-stream"
    assert base64.b64decode(letter.data or "") == b"poison"


def test_an_upload_starts_a_job_by_the_buckets_own_notification(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    aws.objects.write(aws.media, "uploads/film one.mp4", b"x", content_type="video/mp4")
    messages = aws.queue("uploads-queue").receive(most=10, wait=1)
    bodies = [each.body for each in messages]
    assert any("ObjectCreated" in body for body in bodies)
    answer = call("ingest", sqs(aws, "uploads-queue", *bodies, "not a notification"))
    assert answer == {"batchItemFailures": []}
    assert [job.source.media.key for job in ledger.jobs.page()] == ["uploads/film one.mp4"]
    assert [letter.reason.code for letter in dead_letters(aws, "ingest-dlq")] == ["not_a_notification"]


def test_a_transcript_becomes_passages_once_however_often_it_is_told(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    ready = transcribed(ledger, aws)
    event = make_event(ready, subject="v")
    for _ in range(2):
        answer = call("chunking", kinesis(aws, "pipeline-stream", event, event, b"\xffpoison"))
        assert answer == {"batchItemFailures": []}
    chunks = ledger.chunks.of_video(ready.video_id)
    assert " ".join(" ".join(chunk.passage.text.split()) for chunk in chunks) == " ".join(text for _, text in SAID)
    assert chunks[0].passage.start == 0
    assert chunks[-1].passage.end == 14
    lines = aws.objects.read(
        ObjectRef(bucket=aws.results, key=chunks_key(ready.video_id, ledger.indexes.serving(SPEC).id)), limit=10**6
    ).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(chunk.id) for chunk in chunks]
    assert on_stream(aws, "pipeline-stream") == ["chunks.ready"]
    assert len(dead_letters(aws, "chunking-dlq")) == 1


def test_a_missing_transcript_ends_the_job_with_its_reason_and_blocks_nobody(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    ready = transcribed(ledger, aws)
    aws.objects.delete(aws.results, [transcript_key(ready.video_id, "json")])
    answer = call("chunking", kinesis(aws, "pipeline-stream", make_event(ready, subject="v")))
    assert answer == {"batchItemFailures": []}
    job = ledger.jobs.get(ready.job_id)
    assert job.failure is not None
    assert (job.status, job.failure.code) == (JobStatus.FAILED, "object_missing")


def test_a_failing_service_brings_the_record_again(
    call: Callable[[str, dict[str, Any]], Any],
    ledger: PostgresLedger,
    aws: EmulatedAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready = transcribed(ledger, aws)
    # Nothing listens on the discard port.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    event = kinesis(aws, "pipeline-stream", make_event(ready, subject="v"))
    failed = [{"itemIdentifier": event["Records"][0]["kinesis"]["sequenceNumber"]}]
    assert call("chunking", event) == {"batchItemFailures": failed}
    assert [each.status for each in ledger.jobs.timeline(ready.job_id) if each.stage == "chunk"] == ["failed"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    _forget()
    assert call("chunking", event) == {"batchItemFailures": []}
    assert ledger.jobs.get(ready.job_id).stage == "embed"


def test_passages_become_searchable_and_the_job_completes_once(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    ready = transcribed(ledger, aws)
    call("chunking", kinesis(aws, "pipeline-stream", make_event(ready, subject="v")))
    event = make_event(ChunksReady(job_id=ready.job_id, video_id=ready.video_id), subject="v")
    for _ in range(2):
        assert call("embedding", kinesis(aws, "pipeline-stream", event, event)) == {"batchItemFailures": []}
    job = ledger.jobs.get(ready.job_id)
    assert (job.status, job.progress) == (JobStatus.COMPLETED, 1)
    assert ledger.videos.get(ready.video_id).indexed_at is not None
    assert on_stream(aws, "pipeline-stream") == ["chunks.ready", "video.indexed"]
    assert [term.holding > 0 for term in ledger.chunks.terms("Lisbon", "Lisbon")] == [True]


def test_a_question_on_the_stream_is_answered_once_with_its_citation(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    video_id = indexed(call, ledger, aws)
    asked = make_event(QuestionAsked(query="When does the studio in Lisbon open?"), subject="q", unique="1")
    for _ in range(3):
        answer = call("question", kinesis(aws, "ingestion-stream", asked, b"poison"))
        assert answer == {"batchItemFailures": []}
    saved = ledger.questions.get(identifier("question", asked["id"]))
    assert "third of March" in saved["answer"]["answer"]
    citation = saved["answer"]["citations"][0]
    assert citation["video_id"] == str(video_id)
    assert (citation["quote"], citation["start"], citation["speaker"]) == (SAID[0][1], 0, "Ann")
    assert len(dead_letters(aws, "question-dlq")) == 1


def test_the_sweeper_publishes_what_a_crash_left_behind(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    media = aws.objects.write(aws.media, "a.mp4", b"x", content_type="video/mp4")
    source = Source(kind="object", media=media, filename="a.mp4")
    ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}}
    assert call("sweeper", event)["published"] == 1
    assert call("sweeper", event)["published"] == 0
    assert len(aws.queue("processing-queue").receive(most=10, wait=0)) == 1


def test_the_report_of_a_transcription_service_carries_its_job_on_once(
    call: Callable[[str, dict[str, Any]], Any], ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    ready = identified(ledger, aws)
    token = f"video-pipeline-{aws.suffix}-{ready.job_id}"
    ledger.jobs.wait_for(ready.job_id, "w1", token)
    key = f"transcribe/{ready.job_id}/{token}.json"
    word = {"type": "pronunciation", "start_time": "0.5", "end_time": "0.9"}
    items = [{**word, "alternatives": [{"confidence": "0.9", "content": "Hello"}]}]
    result = {"results": {"transcripts": [{"transcript": "Hello"}], "items": items}, "status": "COMPLETED"}
    aws.objects.write(aws.results, key, json.dumps(result).encode(), content_type="application/json")
    aws.clients.transcribe.start_transcription_job(
        TranscriptionJobName=token,
        Media={"MediaFileUri": f"s3://{aws.media}/a.mp4"},
        LanguageCode="en-US",
        OutputBucketName=aws.results,
        OutputKey=key,
    )
    detail = {"TranscriptionJobName": token, "TranscriptionJobStatus": "COMPLETED"}
    report = json.dumps({"source": "aws.transcribe", "detail-type": "Transcribe Job State Change", "detail": detail})
    foreign = json.dumps({"detail": {"TranscriptionJobName": "somebody-elses", "TranscriptionJobStatus": "COMPLETED"}})
    event = sqs(aws, "transcription-queue", report, foreign)
    # The emulated service takes one step each time that it is asked: a report that comes too early comes again.
    answers = [call("transcription", event) for _ in range(4)]
    assert answers[0] == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert answers[-1] == {"batchItemFailures": []}
    job = ledger.jobs.get(ready.job_id)
    assert (job.stage, job.waiting_for) == ("chunk", None)
    assert on_stream(aws, "pipeline-stream") == ["transcript.ready"]
    assert ledger.videos.transcript(ready.video_id).source == "transcribe"

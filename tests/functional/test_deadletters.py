"""Dead letters of every kind can be looked at and put back, against moto's queues, streams and objects."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import EmulatedAws
from video_pipeline.aws.queue import SqsQueue
from video_pipeline.aws.stream import KinesisStreams, StreamRecord
from video_pipeline.deadletters import (
    NAMES,
    DataObject,
    DeadLetters,
    Reason,
    RecordOrigin,
    RejectedLetter,
)
from video_pipeline.errors import BadInput, NotFound, Unavailable
from video_pipeline.model import QueueMessage
from video_pipeline.topology import INGESTION, PIPELINE

SHARD = "shardId-000000000000"
RECORD = UUID("00000000-0000-5000-8000-000000000001")


@pytest.fixture
def dead(aws: EmulatedAws) -> DeadLetters:
    return DeadLetters(aws.queue, KinesisStreams(aws.clients.kinesis, aws.suffix), aws.objects, wait=0)


def rejected(data: bytes | None = b"not json", **changes: Any) -> RejectedLetter:
    letter = RejectedLetter(
        id=RECORD,
        consumer="ingest",
        reason=Reason(code="not_json", message="The record is not JSON.", hint="Send JSON."),
        source=RecordOrigin.of(INGESTION.name, position="shardId-0:17", partition_key="video-9"),
        received_at=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
        data=None if data is None else base64.b64encode(data).decode(),
    )
    return letter.model_copy(update=changes)


def failed_batch(first: str, last: str, size: int, *, stream: str = PIPELINE.name) -> str:
    """As Lambda writes it for a stream's on-failure destination."""
    return json.dumps(
        {
            "requestContext": {
                "requestId": "c9b8fa9f-5a7f-4d7e-8e8e-0c604cde93a5",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:chunking-test",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 6,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-11-14T00:38:06.021Z",
            "KinesisBatchInfo": {
                "shardId": SHARD,
                "startSequenceNumber": first,
                "endSequenceNumber": last,
                "approximateArrivalOfFirstRecord": "2026-11-14T00:38:04.835Z",
                "approximateArrivalOfLastRecord": "2026-11-14T00:38:05.580Z",
                "batchSize": size,
                "streamArn": f"arn:aws:kinesis:us-east-1:123456789012:stream/{stream}-test",
            },
        }
    )


def on_stream(aws: EmulatedAws, name: str, count: int) -> list[StreamRecord]:
    return list(KinesisStreams(aws.clients.kinesis, aws.suffix).between(name, SHARD, "1", str(count)))


class TestLooking:
    def test_all_three_kinds_are_told_apart_with_where_when_and_why(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("ingest-dlq").send(rejected().model_dump_json())
        aws.queue("chunking-dlq").send(failed_batch("5", "7", 3))
        aws.queue("processing-dlq").send('{"job_id": "j"}')
        by_kind = {letter.kind: letter for letter in dead.letters()}
        record, batch, message = (by_kind[kind] for kind in ("rejected_record", "failed_batch", "message"))
        assert (record.queue, record.consumer, record.source, record.position, record.reason.code) == (
            "ingest-dlq",
            "ingest",
            INGESTION.name,
            "shardId-0:17",
            "not_json",
        )
        assert record.since == datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
        assert (batch.consumer, batch.source, batch.position) == ("chunking-test", PIPELINE.name, f"{SHARD}:5-7")
        assert "3 records failed 6 times" in batch.reason.message
        assert (message.source, message.reason.code, message.body) == (
            "processing-queue",
            "receives_exhausted",
            '{"job_id": "j"}',
        )
        assert message.since is not None

    def test_all_letters_are_found_and_none_is_hidden_afterwards(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("ingest-dlq").send_all([f"letter {number}" for number in range(37)])
        looks = [{letter.body for letter in dead.letters("ingest-dlq")} for _ in range(3)]
        assert looks == [{f"letter {number}" for number in range(37)}] * 3
        assert aws.queue("ingest-dlq").depth() == {"visible": 37, "in_flight": 0, "delayed": 0}

    def test_a_letter_in_someone_elses_hands_does_not_stop_the_look(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        for body in ("a", "b"):
            aws.queue("ingest-dlq").send(body)
        aws.queue("ingest-dlq").receive(most=1, wait=0, visibility=600)
        assert len(dead.letters()) == 1

    def test_every_dead_letter_queue_is_looked_into(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        for name in NAMES:
            aws.queue(name).send("x")
        assert sorted(letter.queue for letter in dead.letters()) == sorted(NAMES)

    def test_one_letter_is_found_by_its_id_with_the_bytes_it_carries(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.clients.s3.put_object(Bucket=aws.results, Key="rejected/1", Body=b"\x00large")
        aws.queue("ingest-dlq").send(rejected(b"\xff\x00").model_dump_json())
        aws.queue("uploads-dlq").send("as it is")
        kept_apart = rejected(None, data_object=DataObject(bucket=aws.results, key="rejected/1"))
        aws.queue("question-dlq").send(kept_apart.model_dump_json())
        contents = {letter.queue: dead.content(dead.find(letter.id)) for letter in dead.letters()}
        assert contents == {"ingest-dlq": b"\xff\x00", "uploads-dlq": b"as it is", "question-dlq": b"\x00large"}

    def test_an_unknown_letter_and_an_unknown_queue_are_named(self, dead: DeadLetters) -> None:
        with pytest.raises(NotFound, match="no-such-letter"):
            dead.find("no-such-letter")
        with pytest.raises(BadInput, match="ingest-dlq"):
            dead.letters("ingestion")

    @pytest.mark.parametrize("body", ["[]", "{}", '{"kind": "rejected_record"}', '{"KinesisBatchInfo": {}}', "\x01"])
    def test_a_letter_of_no_known_shape_is_shown_as_a_message(
        self, dead: DeadLetters, aws: EmulatedAws, body: str
    ) -> None:
        aws.queue("ingest-dlq").send(body)
        [letter] = dead.letters()
        assert (letter.kind, letter.body) == ("message", body)


class TestRejectedRecords:
    def test_the_record_goes_back_on_its_stream_under_its_key_and_the_letter_goes(
        self, dead: DeadLetters, aws: EmulatedAws
    ) -> None:
        aws.queue("ingest-dlq").send(rejected(b"\x00raw").model_dump_json())
        [letter] = dead.letters()
        [outcome] = dead.redrive("ingest-dlq", letter.id)
        assert (outcome.redriven, outcome.records) == (True, 1)
        assert on_stream(aws, INGESTION.name, 1) == [("video-9", b"\x00raw")]
        assert dead.letters() == []

    def test_a_mended_record_takes_the_place_of_the_bad_one(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("ingest-dlq").send(rejected(None).model_dump_json())
        [letter] = dead.letters()
        [kept] = dead.redrive("ingest-dlq", letter.id)
        assert (kept.redriven, kept.code) == (False, "data_not_kept")
        [outcome] = dead.redrive("ingest-dlq", letter.id, replacement=b'{"mended": true}')
        assert outcome.redriven
        assert on_stream(aws, INGESTION.name, 1) == [("video-9", b'{"mended": true}')]

    def test_a_record_kept_apart_is_fetched_and_a_lost_one_keeps_its_letter(
        self, dead: DeadLetters, aws: EmulatedAws
    ) -> None:
        at = DataObject(bucket=aws.results, key="rejected/1")
        aws.queue("ingest-dlq").send(rejected(None, data_object=at).model_dump_json())
        [lost] = dead.redrive("ingest-dlq")
        assert (lost.redriven, lost.code) == (False, "object_missing")
        aws.clients.s3.put_object(Bucket=aws.results, Key="rejected/1", Body=b"x" * 200_000)
        [outcome] = dead.redrive("ingest-dlq")
        assert outcome.redriven
        assert on_stream(aws, INGESTION.name, 1) == [("video-9", b"x" * 200_000)]

    def test_a_record_of_a_queue_goes_back_to_that_queue(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        source = RecordOrigin.of("uploads-queue", position="m1")
        aws.queue("uploads-dlq").send(rejected(b'{"Records": []}', source=source).model_dump_json())
        assert [outcome.redriven for outcome in dead.redrive("uploads-dlq")] == [True]
        # S3 announced itself there when its notifications were set up.
        bodies = [m.body for m in aws.queue("uploads-queue").receive(most=10, wait=0) if "redrive" in m.attributes]
        assert bodies == ['{"Records": []}']

    def test_a_letter_whose_data_is_broken_stays(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("ingest-dlq").send(rejected(data=None).model_copy(update={"data": "%%%"}).model_dump_json())
        [outcome] = dead.redrive("ingest-dlq")
        assert (outcome.redriven, outcome.code) == (False, "letter_malformed")
        assert len(dead.letters()) == 1


class TestFailedBatches:
    def test_the_batch_is_read_again_and_only_what_its_consumer_wants_is_put_back(
        self, dead: DeadLetters, aws: EmulatedAws
    ) -> None:
        wanted = [json.dumps({"type": "transcript.ready", "n": n}).encode() for n in range(2)]
        other = json.dumps({"type": "video.indexed"}).encode()
        KinesisStreams(aws.clients.kinesis, aws.suffix).put(
            PIPELINE.name, [("v1", wanted[0]), ("v2", other), ("v2", b"\xff"), ("v2", wanted[1]), ("v3", wanted[0])]
        )
        places = {tuple(record): place for place, record in enumerate(on_stream(aws, PIPELINE.name, 5), start=1)}
        first, last = sorted((places[("v1", wanted[0])], places[("v2", wanted[1])]))
        aws.queue("chunking-dlq").send(failed_batch(str(first), str(last), 2))
        [outcome] = dead.redrive("chunking-dlq")
        again = on_stream(aws, PIPELINE.name, 20)[5:]
        assert outcome.redriven
        assert outcome.records == len(again)
        assert {("v1", wanted[0]), ("v2", wanted[1])} <= set(again)
        assert all(json.loads(data)["type"] == "transcript.ready" for _, data in again)

    def test_a_consumer_of_everything_gets_everything_back_binary_segments_too(
        self, dead: DeadLetters, aws: EmulatedAws
    ) -> None:
        KinesisStreams(aws.clients.kinesis, aws.suffix).put(INGESTION.name, [("a", b"VPS1\x00"), ("a", b"{}")])
        aws.queue("ingest-dlq").send(failed_batch("1", "2", 2, stream=INGESTION.name))
        assert [outcome.records for outcome in dead.redrive("ingest-dlq")] == [2]
        assert on_stream(aws, INGESTION.name, 4)[2:] == [("a", b"VPS1\x00"), ("a", b"{}")]

    def test_expired_records_are_said_to_be_expired_and_the_letter_stays(
        self, dead: DeadLetters, aws: EmulatedAws
    ) -> None:
        aws.queue("chunking-dlq").send(failed_batch("5", "7", 3))
        [outcome] = dead.redrive("chunking-dlq")
        assert (outcome.redriven, outcome.code) == (False, "records_expired")
        assert "no longer" in outcome.message
        assert len(dead.letters()) == 1

    def test_a_replacement_is_taken_for_one_record_only(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        event = json.dumps({"type": "transcript.ready"}).encode()
        KinesisStreams(aws.clients.kinesis, aws.suffix).put(PIPELINE.name, [("v", event), ("v", event)])
        for size in (2, 1):
            aws.queue("chunking-dlq").send(failed_batch("1", str(size), size))
        outcomes = {
            letter.position: dead.redrive("chunking-dlq", letter.id, replacement=b"mended")[0]
            for letter in dead.letters()
        }
        assert outcomes[f"{SHARD}:1-2"].code == "replacement_ambiguous"
        assert outcomes[f"{SHARD}:1-1"].redriven
        assert on_stream(aws, PIPELINE.name, 3)[2] == ("v", b"mended")

    def test_a_stream_of_another_deployment_is_not_written_to(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("chunking-dlq").send(failed_batch("1", "1", 1, stream="payroll-stream"))
        assert [outcome.code for outcome in dead.redrive("chunking-dlq")] == ["source_unknown"]


class TestMessages:
    def test_a_message_goes_back_to_its_queue_marked_as_redriven(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("processing-dlq").send('{"job_id": "j"}', attributes={"trace": "t"})
        [outcome] = dead.redrive("processing-dlq")
        assert outcome.redriven
        [message] = aws.queue("processing-queue").receive(wait=0)
        assert message.body == '{"job_id": "j"}'
        assert {key: message.attributes[key] for key in ("redrive", "trace")} == {"redrive": "true", "trace": "t"}
        assert dead.letters() == []

    def test_redriving_all_takes_what_is_there_now_and_not_what_comes_back_meanwhile(
        self, dead: DeadLetters, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(12):
            aws.queue("processing-dlq").send(f"m{number}")
        send = SqsQueue.send

        def bounce(self: SqsQueue, body: str, **more: Any) -> None:
            send(self, body, **more)
            send(aws.queue("processing-dlq"), f"again {body}")

        monkeypatch.setattr(SqsQueue, "send", bounce)
        outcomes = dead.redrive("processing-dlq")
        assert len(outcomes) == 12
        assert all(outcome.redriven for outcome in outcomes)
        assert aws.queue("processing-queue").depth()["visible"] == 12
        assert {letter.body for letter in dead.letters()} == {f"again m{number}" for number in range(12)}

    def test_one_of_many_is_redriven_and_the_others_stay_visible(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        for body in ("a", "b", "c"):
            aws.queue("processing-dlq").send(body)
        chosen = next(letter for letter in dead.letters() if letter.body == "b")
        dead.redrive("processing-dlq", chosen.id)
        assert aws.queue("processing-dlq").depth() == {"visible": 2, "in_flight": 0, "delayed": 0}

    def test_what_can_not_be_put_back_is_not_deleted(
        self, dead: DeadLetters, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aws.queue("processing-dlq").send("a")

        def unavailable(*_: Any, **__: Any) -> None:
            raise Unavailable("aws_unavailable", "AWS refused sqs:SendMessage for now.")

        with monkeypatch.context() as patched:
            patched.setattr(SqsQueue, "send", unavailable)
            [outcome] = dead.redrive("processing-dlq")
        assert (outcome.redriven, outcome.code) == (False, "aws_unavailable")
        assert [letter.body for letter in dead.letters()] == ["a"]

    def test_it_is_put_back_before_it_is_deleted_because_twice_is_better_than_never(
        self, dead: DeadLetters, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aws.queue("processing-dlq").send("a")
        delete, visible = SqsQueue.delete, []

        def watched(self: SqsQueue, message: QueueMessage) -> None:
            visible.append(aws.queue("processing-queue").depth()["visible"])
            delete(self, message)

        monkeypatch.setattr(SqsQueue, "delete", watched)
        dead.redrive("processing-dlq")
        assert visible == [1]

    def test_a_message_of_no_source_is_kept(self, dead: DeadLetters, aws: EmulatedAws) -> None:
        aws.queue("chunking-dlq").send("who sent this?")
        assert [outcome.code for outcome in dead.redrive("chunking-dlq")] == ["source_unknown"]
        assert len(dead.letters()) == 1

    def test_letters_and_replacements_must_be_clear(self, dead: DeadLetters) -> None:
        with pytest.raises(NotFound):
            dead.redrive("processing-dlq", "no-such-letter")
        with pytest.raises(BadInput) as caught:
            dead.redrive("processing-dlq", replacement=b"for which?")
        assert caught.value.code == "replacement_ambiguous"
        assert dead.redrive("processing-dlq") == []

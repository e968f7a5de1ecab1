from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import EmulatedAws
from video_pipeline.database import Database
from video_pipeline.deadletters import RejectedLetter
from video_pipeline.errors import BadInput, BadRecord, Unavailable
from video_pipeline.events import SegmentHeader, VideoErasureRequested, VideoSubmitted, encode_segment, make_event
from video_pipeline.intake import Intake
from video_pipeline.layout import segment_key
from video_pipeline.model import JobOptions, JobStatus, Message, ObjectInfo, ObjectRef, Source
from video_pipeline.ports import Objects, Submission
from video_pipeline.rejecting import Received, RecordSource, Rejecting
from video_pipeline.store.ledger import PostgresLedger

CONTENT = b"not really a film, but bytes"


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


@pytest.fixture
def intake(ledger: PostgresLedger, aws: EmulatedAws) -> Intake:
    return make_intake(ledger, aws, aws.objects)


def make_intake(ledger: PostgresLedger, aws: EmulatedAws, objects: Objects) -> Intake:
    rejecting = Rejecting(ledger.rejections, objects, results_bucket=aws.results)
    return Intake(ledger, objects, rejecting, media_bucket=aws.media, mail=no_mail)


def no_mail(ref: ObjectRef) -> None:
    pytest.fail(f"{ref.uri} is no mail")


_positions = iter(range(1, 10_000))


def received(raw: bytes | str | dict[str, Any]) -> Received:
    if isinstance(raw, dict):
        raw = json.dumps(raw)
    data = raw.encode() if isinstance(raw, str) else raw
    position = f"shardId-000000000000:{next(_positions)}"
    return Received(data, RecordSource("ingestion-stream", position, "key"))


def submitted(aws: EmulatedAws, key: str, **more: Any) -> dict[str, Any]:
    body = VideoSubmitted(uri=f"s3://{aws.media}/{key}", **more)
    return make_event(body, subject=key, unique=uuid4())


def segments(content: bytes, size: int, **changes: Any) -> list[bytes]:
    pieces = [content[n : n + size] for n in range(0, len(content), size)]
    fields = {
        "upload_id": uuid4(),
        "count": len(pieces),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "filename": "film.mp4",
        **changes,
    }
    return [
        encode_segment(SegmentHeader.model_validate({**fields, "index": n}), piece) for n, piece in enumerate(pieces)
    ]


def published(ledger: PostgresLedger) -> list[Message]:
    out: list[Message] = []
    ledger.outbox.drain(out.extend)
    return out


def letters(ledger: PostgresLedger) -> Iterator[RejectedLetter]:
    for message in published(ledger):
        if message.destination == "ingest-dlq":
            yield RejectedLetter.model_validate_json(message.body)


def test_an_event_that_points_at_an_object_becomes_a_job_pinned_to_what_is_there(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    stored = aws.objects.write(aws.media, "films/a b.mp4", CONTENT, content_type="video/mp4")
    event = submitted(aws, "films/a b.mp4", title="A film", language="en", metadata={"show": "one"})
    assert intake.accept([received(event)]) == []
    [job] = ledger.jobs.page()
    assert job.source.media == stored
    assert job.source.filename == "a b.mp4"
    assert job.options == JobOptions(title="A film", language="en", metadata={"show": "one"})


def test_the_same_record_five_times_gives_one_job(intake: Intake, ledger: PostgresLedger, aws: EmulatedAws) -> None:
    aws.objects.write(aws.media, "a.mp4", CONTENT, content_type="video/mp4")
    event = submitted(aws, "a.mp4")
    assert intake.accept([received(event) for _ in range(3)]) == []
    assert intake.accept([received(event) for _ in range(2)]) == []
    assert len(ledger.jobs.page()) == 1
    assert len(published(ledger)) == 1


def test_bad_records_go_to_the_dead_letters_with_their_reason_and_the_rest_goes_through(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    aws.objects.write(aws.media, "a.mp4", CONTENT, content_type="video/mp4")
    poison = [
        received("not json"),
        received({"specversion": "1.0", "id": "1", "source": "x", "type": "video.exploded", "data": {}}),
        received({"specversion": "1.0", "id": "1", "source": "x", "type": "video.submitted", "data": {}}),
        received(submitted(aws, "missing.mp4")),
        received(make_event(VideoErasureRequested(video_id=uuid4()), subject="x")),
        received(b"VPS1\x00\x02{}"),
    ]
    good = received(submitted(aws, "a.mp4"))
    assert intake.accept([*poison, good]) == []
    assert [job.source.media.key for job in ledger.jobs.page()] == ["a.mp4"]
    found = {letter.source.position: letter for letter in letters(ledger)}
    assert [found[each.source.position].reason.code for each in poison] == [
        "not_json",
        "unknown_type",
        "missing_field",
        "object_missing",
        "video_not_found",
        "missing_field",
    ]


def test_a_poison_record_that_comes_again_is_put_aside_once(intake: Intake, ledger: PostgresLedger) -> None:
    poison = received("not json")
    for _ in range(3):
        assert intake.accept([poison]) == []
    assert len(list(letters(ledger))) == 1


def test_a_large_poison_record_is_kept_whole_as_an_object(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    raw = b"\xff" * 300_000
    assert intake.accept([received(raw)]) == []
    [letter] = letters(ledger)
    assert letter.data is None
    assert letter.data_object is not None
    kept = ObjectRef(bucket=letter.data_object.bucket, key=letter.data_object.key)
    assert aws.objects.read(kept, limit=10**6) == raw


def test_a_question_is_none_of_its_business(intake: Intake, ledger: PostgresLedger) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "x", "type": "question.asked", "data": {"query": "What?"}}
    assert intake.accept([received(event)]) == []
    assert published(ledger) == []


def test_records_whose_object_store_fails_are_asked_for_again(ledger: PostgresLedger, aws: EmulatedAws) -> None:
    class Failing:
        def head(self, ref: ObjectRef) -> ObjectInfo:
            if "down" in ref.key:
                raise Unavailable("s3_down", "S3 is down.")
            return aws.objects.head(ref)

        def __getattr__(self, name: str) -> Any:
            return getattr(aws.objects, name)

    aws.objects.write(aws.media, "a.mp4", CONTENT, content_type="video/mp4")
    good, bad = received(submitted(aws, "a.mp4")), received(submitted(aws, "down.mp4"))
    failed = make_intake(ledger, aws, Failing()).accept([bad, good])
    assert failed == [bad.source.position]
    assert len(ledger.jobs.page()) == 1
    assert list(letters(ledger)) == []


def test_a_job_that_the_database_can_not_take_is_rejected_alone(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = ledger.jobs.submit

    def picky(submissions: Sequence[Submission]) -> Any:
        if any(each.source.filename == "bad.mp4" for each in submissions):
            raise BadInput("text_unstorable", "It can't be stored.")
        return submit(submissions)

    monkeypatch.setattr(ledger.jobs, "submit", picky)
    for key in ("a.mp4", "bad.mp4", "b.mp4"):
        aws.objects.write(aws.media, key, CONTENT, content_type="video/mp4")
    records = [received(submitted(aws, key)) for key in ("a.mp4", "bad.mp4", "b.mp4")]
    assert intake.accept(records) == []
    assert {job.source.filename for job in ledger.jobs.page()} == {"a.mp4", "b.mp4"}
    [letter] = letters(ledger)
    assert (letter.source.position, letter.reason.code) == (records[1].source.position, "text_unstorable")


# ------------------------------------------------------------------------------------------ segments
def test_two_interleaved_raw_uploads_out_of_order_and_doubled_are_two_jobs(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    first, second = segments(CONTENT, 5), segments(CONTENT[::-1], 7)
    mixed = [raw for pair in zip(first[::-1], [*second, *second], strict=False) for raw in pair]
    mixed += [*second, *first[:2]]
    for some in (mixed[:4], mixed[4:]):
        assert intake.accept([received(raw) for raw in some]) == []
    jobs = ledger.jobs.page()
    assert sorted(job.source.segments or 0 for job in jobs) == [4, 6]
    assert len(published(ledger)) == 2
    job = next(job for job in jobs if job.source.segments == 6)
    whole = b"".join(
        aws.objects.read(ObjectRef(bucket=aws.media, key=segment_key(job.source.upload_id, n)), limit=99)
        for n in range(6)
    )
    assert whole == CONTENT


def test_an_upload_with_a_segment_missing_stays_a_job_that_waits(intake: Intake, ledger: PostgresLedger) -> None:
    assert intake.accept([received(raw) for raw in segments(CONTENT, 5)[:-1]]) == []
    [job] = ledger.jobs.page()
    assert (job.status, job.stage) == (JobStatus.QUEUED, "receive")
    assert 0 < job.progress < 0.05
    assert published(ledger) == []


def test_a_segment_that_contradicts_its_upload_is_rejected(intake: Intake, ledger: PostgresLedger) -> None:
    upload_id = uuid4()
    assert intake.accept([received(segments(CONTENT, 5, upload_id=upload_id)[0])]) == []
    other = segments(CONTENT, 7, upload_id=upload_id)[1]
    assert intake.accept([received(other)]) == []
    [letter] = letters(ledger)
    assert letter.reason.code == "segment_conflict"


def test_a_segment_that_contradicts_does_not_replace_a_good_one_and_a_late_one_leaves_nothing(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    upload_id = uuid4()
    good = segments(CONTENT, 15, upload_id=upload_id)
    wrong = segments(CONTENT[::-1], 15, upload_id=upload_id)
    assert intake.accept([received(raw) for raw in (*good, wrong[0])]) == []
    key = segment_key(str(upload_id), 0)
    assert aws.objects.read(ObjectRef(bucket=aws.media, key=key), limit=99) == CONTENT[:15]
    aws.objects.delete(aws.media, [key])
    assert intake.accept([received(good[0])]) == []
    assert key not in {info.ref.key for info in aws.objects.under(aws.media, "segments/")}


def test_a_record_whose_field_name_is_as_long_as_itself_leaves_a_letter_that_fits(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    event = submitted(aws, "a.mp4")
    event["data"]["x" * 600_000] = 1
    assert intake.accept([received(event)]) == []
    assert all(len(message.body) < 10_000 for message in published(ledger))


# ------------------------------------------------------------------------------------- notifications
def notification(aws: EmulatedAws, key: str) -> str:
    entry = {"bucket": {"name": aws.media}, "object": {"key": key, "size": 1}}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": entry}]})


def test_an_object_that_appears_starts_a_job_by_itself_once(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    aws.objects.write(aws.media, "uploads/ä b+c.mp4", CONTENT, content_type="video/mp4")
    for _ in range(3):
        intake.accept_notification(notification(aws, "uploads%2F%C3%A4+b%2Bc.mp4"))
    [job] = ledger.jobs.page()
    assert job.source.media.key == "uploads/ä b+c.mp4"
    assert len(published(ledger)) == 1


@pytest.mark.parametrize("key", ["uploads/gone.mp4", "uploads/notes.txt", "uploads/captions.vtt"])
def test_notifications_of_what_is_gone_or_no_media_start_nothing(
    key: str, intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    if "gone" not in key:
        aws.objects.write(aws.media, key, CONTENT, content_type="text/plain")
    intake.accept_notification(notification(aws, key))
    assert ledger.jobs.page() == []


def test_the_notification_of_a_granted_upload_finds_the_job_it_was_granted_for(
    intake: Intake, ledger: PostgresLedger, aws: EmulatedAws
) -> None:
    place = ObjectRef(bucket=aws.media, key="uploads/1/film.mp4")
    source = Source(kind="upload", media=place, filename="My film.mp4", upload_id="1")
    [(granted, _)] = ledger.jobs.submit([Submission(source, JobOptions(title="Mine"), ready=False)])
    stored = aws.objects.write(aws.media, place.key, CONTENT, content_type="video/mp4")
    for _ in range(2):
        intake.accept_notification(notification(aws, place.key))
    [job] = ledger.jobs.page()
    assert (job.id, job.stage, job.source.media) == (granted.id, "fetch", stored)
    aws.objects.write(aws.media, place.key, CONTENT + b"!", content_type="video/mp4")
    intake.accept_notification(notification(aws, place.key))
    assert len(ledger.jobs.page()) == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"Records": [{}]}',
        '{"Records": 7}',
        '{"Records": [{"s3": null}]}',
        '{"Records": [{"s3": {"bucket": {"name": 7}, "object": {"key": "k"}}}]}',
    ],
)
def test_a_message_that_is_no_notification_is_said_to_be_none(body: str, intake: Intake) -> None:
    with pytest.raises(BadRecord) as caught:
        intake.accept_notification(body)
    assert caught.value.code == "not_a_notification"


def test_the_test_event_that_s3_sends_is_nothing(intake: Intake) -> None:
    intake.accept_notification('{"Service": "Amazon S3", "Event": "s3:TestEvent"}')

"""The commands that speak to AWS, against moto: what lies on streams, in buckets and in queues afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from tests.conftest import EmulatedAws
from video_pipeline import deadletters
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.stream import KinesisStreams, StreamRecord
from video_pipeline.cli.app import app
from video_pipeline.deadletters import Reason, RecordOrigin, RejectedLetter
from video_pipeline.errors import Misconfigured
from video_pipeline.events import SegmentHeader, VideoSubmitted, decode_segment, read_event
from video_pipeline.model import ObjectRef, Source
from video_pipeline.topology import INGESTION, LIMITS, PIPELINE

SHARD = "shardId-000000000000"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: EmulatedAws) -> Path:
    for name in ("AWS_ENDPOINT_URL", "ENVIRONMENT_SUFFIX", "MEDIA_BUCKET", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    describe(tmp_path, aws.endpoint, aws.suffix)
    return tmp_path


@pytest.fixture
def run(folder: Path, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in `folder`. boto3's clients take long to make, so those for this endpoint are shared."""

    def clients(region: str, **how: Any) -> Clients:
        return aws.clients if how["endpoint"] == aws.endpoint else Clients(region, **how)

    monkeypatch.setattr("video_pipeline.aws.clients.Clients", clients)

    def invoke(*arguments: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["--data", str(folder), *arguments], input=stdin)

    return invoke


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "Große Rede 🎬.mp4"
    path.write_bytes(b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(80_000)))
    return path


def describe(folder: Path, endpoint: str, suffix: str, **more: str) -> None:
    described = {
        "api_url": "http://127.0.0.1:9",
        "aws_endpoint_url": endpoint,
        "region": "us-east-1",
        "database_url": "postgresql://nowhere",
        "suffix": suffix,
        "api_key_file": str(folder / "key"),
    }
    (folder / "endpoint.json").write_text(json.dumps(described | more))


def on_stream(aws: EmulatedAws, stream: str = INGESTION.name, count: int = 100) -> list[StreamRecord]:
    return list(KinesisStreams(aws.clients.kinesis, aws.suffix).between(stream, SHARD, "1", str(count)))


class TestPut:
    @pytest.mark.parametrize(
        ("content", "key"),
        [
            (b'{"specversion": "1.0", "subject": "my video"}\n', "my video"),
            (b'{"subject": 7}', None),
            (b'{"subject": ""}', None),
            (b"\x00\xff no JSON at all", None),
            (b"[" * 100_000, None),
        ],
    )
    def test_the_file_is_put_as_it_is_readable_or_not(
        self, aws: EmulatedAws, run: Run, tmp_path: Path, content: bytes, key: str | None
    ) -> None:
        (tmp_path / "record").write_bytes(content)
        result = run("put", str(tmp_path / "record"))
        assert (result.exit_code, result.stdout) == (0, f"put: {INGESTION.name} {SHARD} 1\n")
        assert on_stream(aws) == [(key or hashlib.sha256(content).hexdigest(), content)]

    def test_a_record_may_come_from_standard_input_and_go_to_the_other_stream(self, aws: EmulatedAws, run: Run) -> None:
        assert run("put", "-", "--stream", PIPELINE.name, stdin=b"{}").exit_code == 0
        assert [data for _, data in on_stream(aws, PIPELINE.name)] == [b"{}"]

    @pytest.mark.parametrize(
        ("content", "code", "said"),
        [(b"", 4, "is empty"), (b"x" * LIMITS.segment_bytes, 4, "does not fit")],
    )
    def test_what_no_record_can_hold_is_refused(
        self, run: Run, tmp_path: Path, content: bytes, code: int, said: str
    ) -> None:
        (tmp_path / "record").write_bytes(content)
        result = run("put", str(tmp_path / "record"))
        assert (result.exit_code, said in result.stderr) == (code, True)

    def test_wrong_names_are_told(self, run: Run) -> None:
        assert run("put", "nothing.json").exit_code == 4
        result = run("put", "-", "--stream", "river", stdin=b"{}")
        assert (result.exit_code, INGESTION.name in result.stderr) == (2, True)


class TestEvents:
    def test_a_file_becomes_an_object_and_an_event_and_a_repeat_is_the_same_job(
        self, aws: EmulatedAws, run: Run, film: Path
    ) -> None:
        arguments = ("ingest", str(film), "--via", "event", "--metadata", "a=b", "--language", "de", "--json")
        first, again = (json.loads(run(*arguments).stdout) for _ in range(2))
        assert first == again
        sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
        key = f"incoming/{sha256}/Groe-Rede.mp4"
        assert (first["sha256"], first["uri"]) == (sha256, f"s3://{aws.media}/{key}")
        kept = aws.objects.head(ObjectRef(bucket=aws.media, key=key))
        assert aws.objects.read(kept.ref, limit=kept.size) == film.read_bytes()
        assert kept.content_type == "video/mp4"
        assert first["job_id"] == str(Source(kind="object", media=kept.ref, filename="Groe-Rede.mp4").job_id)
        one, two = (read_event(data) for _, data in on_stream(aws))
        assert one.envelope.id == two.envelope.id
        assert one.body == VideoSubmitted(
            uri=first["uri"],
            version_id=kept.ref.version_id,
            title="Große Rede 🎬",
            language="de",
            metadata={"a": "b"},
        )

    def test_captions_lie_beside_and_are_named_in_the_event(
        self, aws: EmulatedAws, run: Run, film: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "Captions.SRT").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\nHi\n")
        result = run("ingest", str(film), "--via", "event", "--captions", str(tmp_path / "Captions.SRT"))
        assert result.exit_code == 0, result.output
        [(_, data)] = on_stream(aws)
        body = read_event(data).body
        assert isinstance(body, VideoSubmitted)
        assert body.captions_uri is not None
        bucket, _, key = body.captions_uri.removeprefix("s3://").partition("/")
        assert key.startswith("incoming/")
        assert key.endswith("/captions.srt")
        assert aws.objects.read(ObjectRef(bucket=bucket, key=key), limit=100).startswith(b"1\n00:00")

    def test_nothing_lands_where_the_buckets_notification_would_start_a_second_job(
        self, aws: EmulatedAws, run: Run, film: Path
    ) -> None:
        run("ingest", str(film), "--via", "event")
        assert list(aws.objects.under(aws.media, "uploads/")) == []

    def test_an_object_in_s3_is_submitted_by_its_address(self, aws: EmulatedAws, run: Run) -> None:
        ref = aws.objects.write(aws.media, "films/one.mp4", b"film", content_type="video/mp4")
        result = run("ingest", ref.uri, "--title", "One")
        assert result.exit_code == 0, result.output
        [(key, data)] = on_stream(aws)
        assert key == ref.uri
        assert read_event(data).body == VideoSubmitted(uri=ref.uri, version_id=ref.version_id, title="One")
        job_id = Source(kind="object", media=ref, filename="one.mp4").job_id
        assert result.stdout.splitlines() == [f"object: {ref.uri}", f"job: {job_id}"]

    @pytest.mark.parametrize(
        ("address", "code"), [("s3://BUCKET/nothing.mp4", 3), ("s3://no-such-bucket/a", 3), ("s3://", 4), ("s3://b", 4)]
    )
    def test_an_object_that_is_not_there_is_not_submitted(
        self, aws: EmulatedAws, run: Run, address: str, code: int
    ) -> None:
        run("put", "-", stdin=b"first")
        result = run("ingest", address.replace("BUCKET", aws.media))
        assert (result.exit_code, result.stderr.count("\n")) == (code, 1)
        assert [data for _, data in on_stream(aws)] == [b"first"]

    def test_an_object_that_only_the_system_may_read_is_submitted_without_foretelling_its_job(
        self, aws: EmulatedAws, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(*_: Any) -> None:
            raise Misconfigured("access_denied", "This process may not s3:GetObject.")

        monkeypatch.setattr("video_pipeline.aws.objects.S3Objects.head", denied)
        result = run("ingest", "s3://another-account/film.mp4")
        assert (result.exit_code, result.stdout) == (0, "object: s3://another-account/film.mp4\n")
        [(_, data)] = on_stream(aws)
        assert read_event(data).body == VideoSubmitted(uri="s3://another-account/film.mp4")


class TestSegments:
    def test_a_file_goes_raw_in_records_of_a_mebibyte_at_most_and_comes_together_again(
        self, aws: EmulatedAws, run: Run, film: Path
    ) -> None:
        sent = json.loads(run("ingest", str(film), "--via", "stream", "--title", "Rede", "--json").stdout)
        records = on_stream(aws)
        assert all(record.size <= LIMITS.segment_bytes for record in records)
        segments = sorted((decode_segment(data) for _, data in records), key=lambda each: each[0].index)
        headers = [header for header, _ in segments]
        content = b"".join(piece for _, piece in segments)
        assert content == film.read_bytes()
        assert [header.index for header in headers] == list(range(headers[0].count))
        header: SegmentHeader = headers[-1]
        assert (header.sha256, header.size) == (hashlib.sha256(content).hexdigest(), len(content))
        assert (header.filename, header.title, header.count) == (film.name, "Rede", 3)
        assert sent["sha256"] == header.sha256
        nowhere = ObjectRef(bucket="b", key="k")
        source = Source(kind="segments", media=nowhere, filename=film.name, upload_id=str(header.upload_id))
        assert sent["job_id"] == str(source.job_id)

    def test_a_repeat_is_the_same_upload_and_another_name_another_one(
        self, aws: EmulatedAws, run: Run, tmp_path: Path
    ) -> None:
        for name in ("a.mp4", "a.mp4", "b.mp4"):
            (tmp_path / name).write_bytes(b"the same bytes")
            assert run("ingest", str(tmp_path / name), "--via", "stream").exit_code == 0
        first, again, other = (decode_segment(data)[0].upload_id for _, data in on_stream(aws))
        assert first == again != other

    def test_the_hash_is_printed_for_people_too(self, run: Run, film: Path) -> None:
        result = run("ingest", str(film), "--via", "stream")
        assert f"sha256: {hashlib.sha256(film.read_bytes()).hexdigest()}\n" in result.stdout
        assert result.stderr.splitlines() == ["  0% Fingerprinting", "  0% Sending 2.6 MB"]

    def test_too_much_said_for_a_segment_is_refused_with_a_way_out(self, run: Run, film: Path) -> None:
        wordy = [part for n in range(40) for part in ("--metadata", f"k{n}={'x' * 1_900}")]
        result = run("ingest", str(film), "--via", "stream", *wordy)
        assert (result.exit_code, "--via upload" in result.stderr) == (4, True)


class TestReaching:
    @pytest.mark.parametrize(
        "arguments",
        [["put", "RECORD"], ["dlq", "list"], ["ingest", "RECORD", "--via", "event"], ["ingest", "s3://b/k"]],
    )
    def test_an_endpoint_that_does_not_answer_is_named(self, run: Run, folder: Path, arguments: list[str]) -> None:
        describe(folder, "http://127.0.0.1:9", "local")
        (folder / "record").write_bytes(b"{}")
        result = run(*(str(folder / "record") if each == "RECORD" else each for each in arguments))
        assert result.exit_code == 2
        last = result.stderr.splitlines()[-1]
        assert last == "video-pipeline: Nothing answers at http://127.0.0.1:9. Start it with `video-pipeline up`."

    def test_without_any_system_aws_itself_is_not_written_to(self, tmp_path: Path, run: Run) -> None:
        (tmp_path / "endpoint.json").unlink()
        result = run("dlq", "list")
        assert result.exit_code == 2
        assert "Nothing runs here" in result.stderr
        assert "ENVIRONMENT_SUFFIX" in result.stderr

    def test_a_suffix_without_its_queues_is_told(self, aws: EmulatedAws) -> None:
        env = {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        result = CliRunner().invoke(app, ["--suffix", "elsewhere", "dlq", "list"], env=env)
        assert result.exit_code == 2
        assert "dlq-elsewhere" in result.stderr


@pytest.fixture
def poison(aws: EmulatedAws) -> str:
    """The id of a letter in ingest-dlq."""
    letter = RejectedLetter(
        id=uuid4(),
        consumer="ingest",
        reason=Reason(code="not_json", message="The record is not JSON.", hint="Send one CloudEvents object."),
        source=RecordOrigin.of(INGESTION.name, position=f"{SHARD}:4", partition_key="v"),
        received_at=datetime(2026, 5, 4, tzinfo=UTC),
        data=base64.b64encode(b"not \x1b[31mjson").decode(),
    )
    aws.queue("ingest-dlq").send(letter.model_dump_json())
    [message] = aws.queue("ingest-dlq").receive(wait=0)
    aws.queue("ingest-dlq").extend(message, 0)
    return message.id


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto's queues tell at once that they are empty; AWS's have to be listened to."""
    construct = deadletters.DeadLetters.__init__

    def without_waiting(self: deadletters.DeadLetters, *parts: Any) -> None:
        construct(self, *parts, wait=0)

    monkeypatch.setattr(deadletters.DeadLetters, "__init__", without_waiting)


@pytest.mark.usefixtures("quick")
class TestDeadLetters:
    def test_an_empty_house_is_said_to_be_empty(self, run: Run) -> None:
        assert run("dlq", "list").stdout == "There are no dead letters.\n"
        assert json.loads(run("dlq", "list", "--json").stdout) == []
        assert run("dlq", "redrive", "--all").exit_code == 0

    def test_a_letter_is_listed_with_its_reason_and_again_the_next_time(self, run: Run, poison: str) -> None:
        for _ in range(2):
            lines = run("dlq", "list").stdout.splitlines()
            assert len(lines) == 2
            expected = f"ingest-dlq {poison} 2026-05-04 00:00:00 {INGESTION.name} not_json: The record is not JSON."
            assert " ".join(lines[1].split()) == expected

    def test_a_letter_is_shown_whole_and_can_not_colour_the_terminal(
        self, run: Run, poison: str, tmp_path: Path
    ) -> None:
        result = run("dlq", "show", "ingest-dlq", poison, "--out", str(tmp_path / "record"))
        assert result.exit_code == 0
        assert "hint:     Send one CloudEvents object." in result.stdout
        assert result.stdout.endswith("\n\nnot \ufffd[31mjson\n")
        assert (tmp_path / "record").read_bytes() == b"not \x1b[31mjson"

    def test_a_mended_record_goes_back_and_the_letter_is_gone(
        self, aws: EmulatedAws, run: Run, poison: str, tmp_path: Path
    ) -> None:
        (tmp_path / "mended.json").write_bytes(b'{"mended": 1}')
        result = run("dlq", "redrive", "ingest-dlq", poison, "--with", str(tmp_path / "mended.json"))
        assert (result.exit_code, result.stdout) == (0, f"redriven: ingest-dlq {poison} (1 records)\n")
        assert on_stream(aws) == [("v", b'{"mended": 1}')]
        assert run("dlq", "list").stdout == "There are no dead letters.\n"

    def test_what_can_not_be_redriven_stays_and_the_code_says_so(self, aws: EmulatedAws, run: Run, poison: str) -> None:
        aws.queue("chunking-dlq").send("who sent this?")
        result = run("dlq", "redrive", "--all")
        assert result.exit_code == 1
        assert f"redriven: ingest-dlq {poison}" in result.stdout
        assert "source_unknown" in result.stderr
        [left] = json.loads(run("dlq", "list", "chunking-dlq", "--json").stdout)
        assert (left["kind"], left["body"]) == ("message", "who sent this?")

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["list", "nonsense-dlq"], 4),
            (["show", "ingest-dlq", "no-such-letter"], 3),
            (["redrive", "ingest-dlq", "no-such-letter"], 3),
            (["redrive", "ingest-dlq"], 2),
            (["redrive"], 2),
            (["redrive", "ingest-dlq", "x", "--all"], 2),
            (["redrive", "ingest-dlq", "x", "--with", "nothing.json"], 4),
            (["redrive", "--all", "--with", "FILE"], 4),
        ],
    )
    def test_unclear_or_unknown_letters_are_refused_and_nothing_is_moved(
        self, aws: EmulatedAws, run: Run, poison: str, tmp_path: Path, arguments: list[str], code: int
    ) -> None:
        (tmp_path / "file").write_bytes(b"{}")
        result = run("dlq", *(str(tmp_path / "file") if each == "FILE" else each for each in arguments))
        assert (result.exit_code, result.stderr.count("\n")) == (code, 1)
        assert aws.queue("ingest-dlq").depth()["visible"] == 1


def test_the_queues_are_shown_with_what_lies_in_them(run: Run, aws: EmulatedAws) -> None:
    aws.queue("processing-queue").send("one")
    aws.queue("processing-queue").send("two")
    aws.queue("processing-queue").receive(most=1, wait=0)
    found = json.loads(run("queues", "--json").stdout)
    assert found["processing-queue"] == {"visible": 1, "in_flight": 1, "delayed": 0}
    assert "ingest-dlq" in run("queues").stdout

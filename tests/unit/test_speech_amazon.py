"""What is asked of Amazon Transcribe, and what its answers mean; parameters are checked against its API model."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.stub import Stubber

from video_pipeline.errors import BadMedia, Misconfigured, NotFound, PipelineError, Unavailable
from video_pipeline.model import ObjectInfo, ObjectRef
from video_pipeline.ports import Pending, SpeechRequest
from video_pipeline.speech.amazon import AmazonTranscribe
from video_pipeline.transcripts.model import Transcript

JOB = UUID("5f0c7a0e-0000-5000-8000-000000000001")
TOKEN = f"video-pipeline-{JOB}"
MEDIA = ObjectRef(bucket="media", key="uploads/a/talk.mp4", etag='"1"')
HELLO = {
    "jobName": TOKEN,
    "results": {
        "language_code": "en-US",
        "transcripts": [{"transcript": "Hello."}],
        "items": [
            {
                "type": "pronunciation",
                "start_time": "0.5",
                "end_time": "0.9",
                "alternatives": [{"content": "Hello", "confidence": "0.99"}],
            },
            {"type": "punctuation", "alternatives": [{"content": ".", "confidence": "0.0"}]},
        ],
    },
}


class MemoryObjects:
    """The methods of `ports.Objects` that are needed, over a dictionary of (bucket, key)."""

    def __init__(self, *, size: int = 1000, etag: str = '"1"') -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self._size, self._etag = size, etag

    def head(self, ref: ObjectRef) -> ObjectInfo:
        return ObjectInfo(ref=ref.model_copy(update={"etag": self._etag}), size=self._size)

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        return self.kept[ref.bucket, ref.key]

    def write_stream(self, bucket: str, key: str, pieces: Iterator[bytes], *, content_type: str) -> ObjectRef:
        self.kept[bucket, key] = b"".join(pieces)
        return ObjectRef(bucket=bucket, key=key)

    def delete(self, bucket: str, keys: Any) -> int:
        return sum(self.kept.pop((bucket, key), None) is not None for key in keys)


class Stage:
    """A service with a stubbed client: `expect` in order, then call."""

    def __init__(self, objects: MemoryObjects) -> None:
        client = boto3.client("transcribe", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(client)
        self.stub.activate()
        self.objects = objects
        self.service = AmazonTranscribe(client, objects, "results", 4)

    def expect_start(self, **wanted: Any) -> None:
        sent = {
            "TranscriptionJobName": TOKEN,
            "Media": {"MediaFileUri": MEDIA.uri},
            "MediaFormat": "mp4",
            "OutputBucketName": "results",
            "OutputKey": f"transcribe/{TOKEN[-36:]}/{TOKEN}.json",
            "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 4},
            "IdentifyLanguage": True,
            **wanted,
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        self.stub.add_response("start_transcription_job", {"TranscriptionJob": {}}, kept)

    def expect_state(self, status: str, **more: str) -> None:
        job = {"TranscriptionJobStatus": status, **more}
        self.stub.add_response("get_transcription_job", {"TranscriptionJob": job}, {"TranscriptionJobName": TOKEN})

    def expect_conflict(self) -> None:
        self.stub.add_client_error("start_transcription_job", "ConflictException", "exists", 400)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(MemoryObjects())
    yield made
    made.stub.assert_no_pending_responses()


def _request(folder: Path, *, media: ObjectRef = MEDIA, language: str | None = None, duration: float = 60.0) -> Any:
    with wave.open(str(folder / "sound.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes(32_000))
    return SpeechRequest(job_id=JOB, audio=folder / "sound.wav", media=media, language=language, duration=duration)


def test_a_job_reads_the_original_and_labels_speakers(stage: Stage, tmp_path: Path) -> None:
    stage.expect_start()
    assert stage.service.transcribe(_request(tmp_path)) == Pending(TOKEN)
    assert stage.objects.kept == {}


@pytest.mark.parametrize(
    ("asked", "code"),
    [("en-GB", "en-GB"), ("en", "en-US"), ("de", "de-DE"), ("EN_us", "en-US"), ("pt", "pt-BR"), ("ja", "ja-JP")],
)
def test_a_given_language_is_asked_for_in_the_services_terms(
    stage: Stage, tmp_path: Path, asked: str, code: str
) -> None:
    stage.expect_start(IdentifyLanguage=None, LanguageCode=code)
    stage.service.transcribe(_request(tmp_path, language=asked))


def test_a_language_that_the_service_does_not_know_is_refused(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        stage.service.transcribe(_request(tmp_path, language="tlh"))
    assert refused.value.code == "speech_language_unsupported"


@pytest.mark.parametrize(
    "key", ["a/talk.mkv", "a/talk.avi", "a/talk.mov", "a/talk.ogg", "a/talk.webm", "a/Größe 1.mp4", "a/talk"]
)
def test_what_the_service_can_not_read_is_sent_as_extracted_sound(stage: Stage, tmp_path: Path, key: str) -> None:
    _expect_extracted(stage)
    request = _request(tmp_path, media=ObjectRef(bucket="media", key=key))
    stage.service.transcribe(request)
    assert stage.objects.kept["results", f"transcribe/{TOKEN[-36:]}/{TOKEN}.wav"] == request.audio.read_bytes()


@pytest.mark.parametrize("objects", [MemoryObjects(size=3 * 1000**3), MemoryObjects(etag='"2"')])
def test_too_large_or_replaced_originals_are_sent_as_extracted_sound(tmp_path: Path, objects: MemoryObjects) -> None:
    stage = Stage(objects)
    _expect_extracted(stage)
    stage.service.transcribe(_request(tmp_path))
    stage.stub.assert_no_pending_responses()


def _expect_extracted(stage: Stage) -> None:
    stage.expect_start(Media={"MediaFileUri": f"s3://results/transcribe/{TOKEN[-36:]}/{TOKEN}.wav"}, MediaFormat="wav")


def test_more_than_four_hours_are_refused_with_what_to_do(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(BadMedia) as refused:
        stage.service.transcribe(_request(tmp_path, duration=4 * 3600 + 1))
    assert refused.value.code == "too_long_for_transcribe"
    assert refused.value.hint


def test_less_than_half_a_second_is_an_empty_transcript(stage: Stage, tmp_path: Path) -> None:
    transcript = stage.service.transcribe(_request(tmp_path, duration=0.3))
    assert isinstance(transcript, Transcript)
    assert transcript.segments == ()
    assert transcript.notes


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_starting_a_job_again_is_the_same_job(stage: Stage, tmp_path: Path, status: str) -> None:
    stage.expect_conflict()
    stage.expect_state(status)
    assert stage.service.transcribe(_request(tmp_path)) == Pending(TOKEN)


def test_a_job_that_finished_unheard_gives_its_transcript_at_once(stage: Stage, tmp_path: Path) -> None:
    """Its completion event has gone by, nobody would wake the job again."""
    stage.objects.kept["results", f"transcribe/{TOKEN[-36:]}/{TOKEN}.json"] = json.dumps(HELLO).encode()
    stage.expect_conflict()
    stage.expect_state("COMPLETED")
    stage.expect_state("COMPLETED")
    transcript = stage.service.transcribe(_request(tmp_path))
    assert isinstance(transcript, Transcript)
    assert transcript.text == "Hello."


def test_a_failed_job_is_started_anew_when_asked_for_again(stage: Stage, tmp_path: Path) -> None:
    stage.expect_conflict()
    stage.expect_state("FAILED")
    stage.stub.add_response("delete_transcription_job", {}, {"TranscriptionJobName": TOKEN})
    stage.expect_start()
    assert stage.service.transcribe(_request(tmp_path)) == Pending(TOKEN)


def test_a_finished_job_is_read_and_sound_made_for_it_removed(stage: Stage) -> None:
    stage.objects.kept["results", f"transcribe/{TOKEN[-36:]}/{TOKEN}.json"] = json.dumps(HELLO).encode()
    stage.objects.kept["results", f"transcribe/{TOKEN[-36:]}/{TOKEN}.wav"] = b"sound"
    stage.expect_state("COMPLETED")
    transcript = stage.service.result(TOKEN)
    assert (transcript.text, transcript.source, transcript.language) == ("Hello.", "transcribe", "en-US")
    assert ("results", f"transcribe/{TOKEN[-36:]}/{TOKEN}.wav") not in stage.objects.kept


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_running_job_is_asked_again_later(stage: Stage, status: str) -> None:
    stage.expect_state(status)
    with pytest.raises(Unavailable) as running:
        stage.service.result(TOKEN)
    assert running.value.code == "transcribe_running"
    assert running.value.delay


def test_a_failed_job_tells_the_services_reason(stage: Stage) -> None:
    stage.expect_state("FAILED", FailureReason="The media format is unsupported.")
    with pytest.raises(BadMedia) as failed:
        stage.service.result(TOKEN)
    assert failed.value.code == "transcribe_failed"
    assert "The media format is unsupported." in failed.value.message


@pytest.mark.parametrize(
    ("code", "status", "kind", "ours"),
    [
        ("LimitExceededException", 400, Unavailable, "transcribe_unavailable"),
        ("ThrottlingException", 400, Unavailable, "transcribe_unavailable"),
        ("InternalFailureException", 500, Unavailable, "transcribe_unavailable"),
        ("AccessDeniedException", 400, Misconfigured, "access_denied"),
        ("BadRequestException", 400, Misconfigured, "transcribe_refused"),
        ("NotFoundException", 400, NotFound, "transcription_missing"),
    ],
)
def test_errors_of_the_service_are_told_apart(
    stage: Stage, tmp_path: Path, code: str, status: int, kind: type[PipelineError], ours: str
) -> None:
    stage.stub.add_client_error("start_transcription_job", code, "said", status)
    stage.stub.add_client_error("get_transcription_job", code, "said", status)
    for call in (lambda: stage.service.transcribe(_request(tmp_path)), lambda: stage.service.result(TOKEN)):
        with pytest.raises(kind) as raised:
            call()
        assert raised.value.code == ours
        assert raised.value.__cause__ is not None


def test_each_environment_has_its_own_job_names(tmp_path: Path) -> None:
    stage = Stage(MemoryObjects())
    service = AmazonTranscribe(
        stage.service._client,
        stage.objects,
        "results",
        job_prefix="video-pipeline-dev",
    )
    stage.stub.add_response("start_transcription_job", {"TranscriptionJob": {}})
    assert service.transcribe(_request(tmp_path)) == Pending(f"video-pipeline-dev-{JOB}")

"""Amazon Transcribe on an emulated AWS, with real objects."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from video_pipeline.errors import NotFound, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import Pending, SpeechRequest
from video_pipeline.speech.amazon import AmazonTranscribe
from video_pipeline.transcripts.model import Transcript

ITEM = {"type": "pronunciation", "start_time": "0.5", "end_time": "0.9", "alternatives": [{"content": "Hello"}]}


@pytest.fixture
def service(aws: Any) -> AmazonTranscribe:
    return AmazonTranscribe(aws.clients.transcribe, aws.objects, aws.results, job_prefix=f"vp-{aws.suffix}")


def _request(aws: Any, folder: Path, key: str) -> SpeechRequest:
    with wave.open(str(folder / "sound.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes(64_000))
    media = aws.objects.write(aws.media, key, b"film", content_type="video/mp4")
    return SpeechRequest(job_id=UUID(int=7), audio=folder / "sound.wav", media=media, language=None, duration=2.0)


def _finish(aws: Any, service: AmazonTranscribe, token: str) -> None:
    """The emulator's jobs complete by being looked at, and it writes no result: the test does."""
    document = {"results": {"transcripts": [{"transcript": "Hello"}], "items": [ITEM]}}
    aws.objects.write(
        aws.results,
        f"transcribe/{token[-36:]}/{token}.json",
        json.dumps(document).encode(),
        content_type="application/json",
    )
    client = aws.clients.transcribe
    while client.get_transcription_job(TranscriptionJobName=token)["TranscriptionJob"]["TranscriptionJobStatus"] != (
        "COMPLETED"
    ):
        pass


def test_a_job_runs_from_start_to_transcript(aws: Any, service: AmazonTranscribe, tmp_path: Path) -> None:
    pending = service.transcribe(_request(aws, tmp_path, "uploads/talk.mp4"))
    assert isinstance(pending, Pending)
    with pytest.raises(Unavailable):
        service.result(pending.token)
    _finish(aws, service, pending.token)
    assert service.result(pending.token).text == "Hello"


def test_a_job_is_started_once(aws: Any, service: AmazonTranscribe, tmp_path: Path) -> None:
    request = _request(aws, tmp_path, "uploads/talk.mp4")
    tokens = {service.transcribe(request) for _ in range(2)}
    assert len(tokens) == 1
    listed = aws.clients.transcribe.list_transcription_jobs(JobNameContains=f"vp-{aws.suffix}")
    assert len(listed["TranscriptionJobSummaries"]) == 1


def test_extracted_sound_is_there_while_the_service_works_and_gone_afterwards(
    aws: Any, service: AmazonTranscribe, tmp_path: Path
) -> None:
    pending = service.transcribe(_request(aws, tmp_path, "uploads/talk.mkv"))
    assert isinstance(pending, Pending)
    sound = ObjectRef(bucket=aws.results, key=f"transcribe/{pending.token[-36:]}/{pending.token}.wav")
    assert aws.objects.read(sound, limit=10**6) == (tmp_path / "sound.wav").read_bytes()
    _finish(aws, service, pending.token)
    service.result(pending.token)
    with pytest.raises(NotFound):
        aws.objects.head(sound)


def test_a_replaced_original_is_not_transcribed_in_place_of_the_submitted_one(
    aws: Any, service: AmazonTranscribe, tmp_path: Path
) -> None:
    request = _request(aws, tmp_path, "uploads/talk.mp4")
    aws.objects.write(aws.media, "uploads/talk.mp4", b"another film", content_type="video/mp4")
    pending = service.transcribe(request)
    assert isinstance(pending, Pending)
    job = aws.clients.transcribe.get_transcription_job(TranscriptionJobName=pending.token)["TranscriptionJob"]
    assert job["Media"]["MediaFileUri"] == f"s3://{aws.results}/transcribe/{pending.token[-36:]}/{pending.token}.wav"


def test_a_job_whose_event_went_unheard_answers_when_it_is_started_again(
    aws: Any, service: AmazonTranscribe, tmp_path: Path
) -> None:
    request = _request(aws, tmp_path, "uploads/talk.mp4")
    pending = service.transcribe(request)
    assert isinstance(pending, Pending)
    _finish(aws, service, pending.token)
    transcript = service.transcribe(request)
    assert isinstance(transcript, Transcript)
    assert transcript.text == "Hello"


def test_an_unknown_job_is_not_found(service: AmazonTranscribe) -> None:
    with pytest.raises(NotFound):
        service.result("vp-none")

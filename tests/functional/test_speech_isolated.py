from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path
from uuid import uuid4

import pytest

from video_pipeline.errors import Conflict, Misconfigured, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SpeechRequest
from video_pipeline.speech.isolated import COMMAND, IsolatedPocketsphinx


@pytest.fixture
def request_(tmp_path: Path) -> SpeechRequest:
    path = tmp_path / "audio.wav"
    with wave.open(str(path), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(16_000)
        audio.writeframes(bytes(2 * 16_000 * 12))
    media = ObjectRef(bucket="media", key="k")
    return SpeechRequest(job_id=uuid4(), audio=path, media=media, language="en-GB", duration=12)


def test_silence_comes_back_as_a_transcript_without_segments(request_: SpeechRequest) -> None:
    told: list[float] = []
    transcript = IsolatedPocketsphinx().transcribe(request_, progress=told.append)
    assert (transcript.segments, transcript.quality, transcript.source) == ((), "low", "pocketsphinx")
    assert told
    assert told == sorted(told)


def test_its_errors_come_through_as_they_are(request_: SpeechRequest) -> None:
    german = SpeechRequest(request_.job_id, request_.audio, request_.media, "de-DE", 12)
    with pytest.raises(Misconfigured) as caught:
        IsolatedPocketsphinx().transcribe(german)
    assert caught.value.code == "speech_language_unsupported"
    assert caught.value.hint


@pytest.mark.parametrize("script", ["import os; os.abort()", "input()", ""])
def test_a_crash_is_a_failure_that_may_pass(script: str, request_: SpeechRequest) -> None:
    with pytest.raises(Unavailable) as caught:
        IsolatedPocketsphinx([sys.executable, "-c", script]).transcribe(request_)
    assert caught.value.code == "recogniser_crashed"


def test_when_nobody_waits_any_more_the_process_is_ended(request_: SpeechRequest, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid()));"
        "print('{\"progress\": 0.5}', flush=True); time.sleep(600)"
    )

    def lost(_: float) -> None:
        raise Conflict("lease_lost", "Lost.")

    with pytest.raises(Conflict):
        IsolatedPocketsphinx([sys.executable, "-c", script]).transcribe(request_, progress=lost)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_the_process_ends_when_the_one_that_asked_was_killed(request_: SpeechRequest, tmp_path: Path) -> None:
    # Nobody writes into this pipe, so the engine waits for sound for ever.
    endless = tmp_path / "endless.wav"
    os.mkfifo(endless)
    asked = {"job_id": str(request_.job_id), "audio": str(endless), "media": request_.media.model_dump()}
    line = json.dumps({**asked, "language": None, "duration": 12}).encode() + b"\n"
    child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.write(line)
    child.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(2)
    child.stdin.close()
    assert child.wait(30) == 1

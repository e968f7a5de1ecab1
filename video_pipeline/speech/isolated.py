"""A recogniser in a process of its own: native code that holds the interpreter, or crashes it, harms no other job.

The bundled engine decodes half a minute of speech in one call without letting other threads run; heartbeats would
stop and leases be lost. `python -m video_pipeline.speech.isolated` reads a request as a JSON line and answers with
JSON lines: `progress` as often as there is any, then `transcript` or `error`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final, cast
from uuid import UUID

from video_pipeline import errors
from video_pipeline.errors import PipelineError, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import Progress, SpeechRequest
from video_pipeline.speech.pocketsphinx import PocketsphinxRecogniser
from video_pipeline.transcripts.model import Transcript

COMMAND: Final = (sys.executable, "-m", "video_pipeline.speech.isolated")


class IsolatedPocketsphinx:
    """`ports.Recogniser`: the bundled engine, started anew for each recording and killed if nobody waits for it."""

    name = PocketsphinxRecogniser.name

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = list(command)

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript:
        """As the engine does; `Unavailable("recogniser_crashed")` if its process ends without an answer."""
        with _running(self._command, _written(request)) as answers:
            for line in answers:
                answer = json.loads(line)
                if "transcript" in answer:
                    return Transcript.model_validate(answer["transcript"])
                if "error" in answer:
                    raise _raised(answer["error"])
                if progress:
                    progress(answer["progress"])
        raise Unavailable("recogniser_crashed", "The speech recogniser ended without an answer.")


@contextmanager
def _running(command: list[str], request: str) -> Iterator[IO[str]]:
    # The command is our own; the request goes in by the pipe, which stays open as long as somebody waits.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    try:
        try:
            stdin.write(request + "\n")
            stdin.flush()
        except BrokenPipeError as error:
            raise Unavailable("recogniser_crashed", "The speech recogniser did not start.") from error
        yield stdout
    finally:
        process.kill()
        process.wait()
        stdout.close()
        _close(stdin)


def _close(stdin: IO[str]) -> None:
    try:
        stdin.close()
    except BrokenPipeError:
        return


def _written(request: SpeechRequest) -> str:
    return json.dumps(
        {
            "job_id": str(request.job_id),
            "audio": str(request.audio),
            "media": request.media.model_dump(),
            "language": request.language,
            "duration": request.duration,
        }
    )


def _read(line: str) -> SpeechRequest:
    given = json.loads(line)
    return SpeechRequest(
        job_id=UUID(given["job_id"]),
        audio=Path(given["audio"]),
        media=ObjectRef.model_validate(given["media"]),
        language=given["language"],
        duration=given["duration"],
    )


def _raised(told: dict[str, str]) -> PipelineError:
    kind: type[PipelineError] = getattr(errors, told["kind"])
    return kind(told["code"], told["message"], hint=told["hint"])


def main() -> None:
    request = _read(sys.stdin.readline())
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        transcript = PocketsphinxRecogniser().transcribe(request, progress=lambda done: _say({"progress": done}))
    except PipelineError as error:
        told = {"kind": type(error).__name__, "code": error.code, "message": error.message, "hint": error.hint}
        _say({"error": told})
    else:
        _say({"transcript": transcript.model_dump(mode="json")})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """The pipe ends when whoever asked is gone, even if it was killed."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()

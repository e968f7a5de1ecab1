"""A transcript whose film is not here, through the API."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.cli.api import api_of
from video_pipeline.cli.files import existing
from video_pipeline.cli.system import System
from video_pipeline.cli.wishes import Sent, Wishes
from video_pipeline.errors import BadInput
from video_pipeline.topology import LIMITS
from video_pipeline.transcripts.decoding import decode


def send(system: System, path: Path, wishes: Wishes) -> Sent:
    """Whatever the file's encoding, it goes as Unicode. `BadCaptions` when it is no text."""
    if existing(path).stat().st_size > LIMITS.transcript_bytes:
        message = f"{path} is larger than {LIMITS.transcript_bytes // 1024**2} MiB."
        raise BadInput("transcript_too_large", message, hint="Leave out what is not words and times.")
    text = _text(path.read_bytes())
    with api_of(system) as api:
        answer = api.import_transcript(path.name, text, **wishes.facts)
    return Sent(via="transcript", job_id=answer["job_id"])


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return decode(data)[0]

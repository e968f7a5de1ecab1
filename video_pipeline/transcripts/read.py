"""One door for every transcript file that is understood."""

from __future__ import annotations

from video_pipeline.transcripts.captions import read_captions
from video_pipeline.transcripts.documents import load_object
from video_pipeline.transcripts.json_format import FORMAT, transcript_from
from video_pipeline.transcripts.model import Transcript, TranscriptSource
from video_pipeline.transcripts.transcribe_json import transcribe_from


def read_transcript(
    data: bytes, *, filename: str, duration: float | None = None, source: TranscriptSource = "sidecar"
) -> Transcript:
    """Reads WebVTT, SubRip, the project's own JSON or Amazon Transcribe's, told apart by content.

    `source` and `duration` are for captions; JSON says itself where it comes from. Raises `BadCaptions`.
    """
    if not _is_json(data):
        return read_captions(data, filename=filename, duration=duration, source=source)
    document = load_object(data, code="captions_malformed", what="The transcript")
    return transcript_from(document) if document.get("format") == FORMAT else transcribe_from(document)


def _is_json(data: bytes) -> bool:
    """No caption file opens with a brace: WebVTT begins with its name, SubRip with a number."""
    return data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"

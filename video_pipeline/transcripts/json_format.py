"""The project's own transcript file: everything the model holds, in a form that stays readable."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import ValidationError

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.documents import load_object
from video_pipeline.transcripts.model import Transcript

FORMAT: Final = "video-pipeline/transcript"
VERSION: Final = 1
_CODE: Final = "transcript_malformed"
_WHAT: Final = "The transcript"


def write_json(transcript: Transcript) -> bytes:
    """UTF-8 JSON: `format`, `version`, then the fields of `Transcript`; what is unknown is left out.

    The same transcript always gives the same bytes, and `read_json` gives it back exactly.
    """
    document = {"format": FORMAT, "version": VERSION, **transcript.model_dump(mode="json", exclude_none=True)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read_json(data: bytes) -> Transcript:
    """The transcript that `write_json` wrote; `BadCaptions` when the file is anything else."""
    return transcript_from(load_object(data, code=_CODE, what=_WHAT))


def raw_segments(data: bytes) -> list[dict[str, Any]]:
    """The segments of a transcript that `write_json` wrote, for whoever needs few of them whole: far quicker.

    Each has a `text`. `BadCaptions` when the file is anything else.
    """
    document = load_object(data, code=_CODE, what=_WHAT)
    segments = document.get("segments")
    if document.get("format") != FORMAT or not isinstance(segments, list):
        raise BadCaptions(_CODE, f"{_WHAT} does not say that its format is {FORMAT}.")
    if not all(isinstance(each, dict) and isinstance(each.get("text"), str) for each in segments):
        raise BadCaptions(_CODE, f"{_WHAT} has segments without text.")
    return segments


def transcript_from(document: dict[str, Any]) -> Transcript:
    """Like `read_json`, of JSON that is parsed already."""
    if document.get("format") != FORMAT:
        raise BadCaptions(_CODE, f"{_WHAT} does not say that its format is {FORMAT}.")
    if document.get("version") != VERSION:
        raise BadCaptions(
            "transcript_version",
            f"{_WHAT} has version {str(document.get('version'))[:20]}; this program reads version {VERSION}.",
            hint="Update this program, or write the transcript again.",
        )
    try:
        transcript = Transcript.model_validate({k: v for k, v in document.items() if k not in {"format", "version"}})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadCaptions(_CODE, f"{_WHAT} is not valid: {where}: {first['msg']}.") from error
    _refuse_unstorable(transcript)
    return transcript


def _refuse_unstorable(transcript: Transcript) -> None:
    """JSON can hold NUL and half surrogate pairs; PostgreSQL and UTF-8 can't."""
    texts = [transcript.language or "", transcript.engine, *transcript.notes]
    for segment in transcript.segments:
        texts += [segment.text, segment.speaker or "", *(word.text for word in segment.words)]
    try:
        fine = b"\0" not in "\n".join(texts).encode()
    except UnicodeEncodeError:
        fine = False
    if not fine:
        raise BadCaptions(_CODE, f"{_WHAT} holds characters that are no text: NUL or half a surrogate pair.")

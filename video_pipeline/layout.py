"""Where things lie in the two buckets. Pure functions, shared by everyone who writes, reads or erases them.

Results of one video lie under one prefix, so that erasing it is one sweep. Keys are built from identifiers and from
names reduced to safe ASCII, never from what a stranger typed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final, Literal
from uuid import UUID

from video_pipeline.topology import (
    ASSEMBLED_PREFIX,
    IMPORTED_PREFIX,
    LIMITS,
    PROJECTS_PREFIX,
    SEGMENTS_PREFIX,
    UPLOADS_PREFIX,
)

TranscriptFormat = Literal["json", "vtt", "srt"]

VIDEOS_PREFIX: Final = "videos/"
_STEM_CHARS: Final = 80
_SUFFIX_CHARS: Final = 10
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RUNS = re.compile(r"[-_.]{2,}")
# Control characters, halves of surrogate pairs, and marks that turn the direction of what follows ("gpj.exe").
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTENT_TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".md": "text/markdown; charset=utf-8",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".ttc": "font/collection",
}


def display_name(filename: str) -> str:
    """The name to show to people: the last part of a path, composed (NFC), without what can't be seen.

    At most 255 characters, cut before the suffix; empty when nothing is left.
    """
    last = _last_part(_UNSHOWN.sub("", unicodedata.normalize("NFC", filename))).strip()
    suffix = suffix_of(last) if len(suffix_of(last)) <= _SUFFIX_CHARS else ""
    if len(last) <= LIMITS.filename_chars:
        return last
    return last[: LIMITS.filename_chars - len(suffix)] + last[len(last) - len(suffix) :]


def suffix_of(filename: str) -> str:
    """The suffix in lower case with its dot, or nothing."""
    return PurePosixPath(_last_part(filename).strip()).suffix.lower()


def content_type(name: str) -> str:
    """The media type that follows from a name or key; bytes when it is none that we know."""
    return _CONTENT_TYPES.get(suffix_of(name), "application/octet-stream")


def _last_part(filename: str) -> str:
    return filename.replace("\\", "/").rstrip("/").rpartition("/")[2]


def safe_key_name(filename: str) -> str:
    """An ASCII name for use in a key: letters, digits and single `.`, `_`, `-`; the suffix is kept, in lower case.

    Any text is accepted, paths and emoji too; at most 90 characters; the stem is `media` when nothing of it is left.
    Different names may give the same result, so it belongs under a prefix of its own.
    """
    # First made plain, so that what looks like a suffix afterwards is treated as one.
    plain = _ascii(_last_part(filename).strip()).rstrip("-_.")
    stem, dot, ending = plain.rpartition(".") if "." in plain else (plain, "", "")
    suffix = f"{dot}{ending}".lower()[:_SUFFIX_CHARS].rstrip("-_.")
    return f"{stem[:_STEM_CHARS].strip('-_.') or 'media'}{suffix}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _RUNS.sub(lambda run: "." if "." in run.group() else run.group()[0], _UNSAFE.sub("-", plain))


# -------------------------------------------------------------------------------------- media bucket
def upload_prefix(upload_id: object) -> str:
    return f"{UPLOADS_PREFIX}{upload_id}/"


def upload_key(upload_id: object, filename: str) -> str:
    return upload_prefix(upload_id) + safe_key_name(filename)


def captions_key(upload_id: object, suffix: str) -> str:
    """Captions that came with an upload; `suffix` is one of `topology.SENT_SUFFIXES`."""
    return f"{upload_prefix(upload_id)}captions{suffix}"


def imported_key(upload_id: object, filename: str) -> str:
    """A transcript that came without its film."""
    return f"{IMPORTED_PREFIX}{upload_id}/{safe_key_name(filename)}"


def segments_prefix(upload_id: object) -> str:
    return f"{SEGMENTS_PREFIX}{upload_id}/"


def segment_key(upload_id: object, index: int) -> str:
    """Keys of one upload sort in the order of their content."""
    return f"{segments_prefix(upload_id)}{index:06d}"


def assembled_prefix(upload_id: object) -> str:
    return f"{ASSEMBLED_PREFIX}{upload_id}/"


def assembled_key(upload_id: object, filename: str) -> str:
    return assembled_prefix(upload_id) + safe_key_name(filename)


# A project's files by their names in its manifest; the manifest lies beside them.
MANIFEST: Final = "manifest.json"


def project_prefix(project_id: object) -> str:
    return f"{PROJECTS_PREFIX}{project_id}/"


def manifest_key(project_id: object) -> str:
    return project_prefix(project_id) + MANIFEST


def project_key(project_id: object, file: str) -> str:
    """Where a file lies that the manifest names so."""
    return project_prefix(project_id) + file


def image_file(query: str, moment: datetime, suffix: str) -> str:
    """A picture's name in its project: what it shows, and when it came, to the microsecond."""
    named = safe_key_name(query.replace(".", "-").replace("/", "-"))
    return f"images/{named}_{moment.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{suffix}"


def sent_file(token: object, filename: str) -> str:
    """A file of a project that is no picture, or is not known to be one yet."""
    return f"files/{token}/{safe_key_name(filename)}"


# ------------------------------------------------------------------------------------ results bucket
def film_key(project_id: UUID) -> str:
    """The film of a project. No video's results lie there: theirs have a folder each."""
    return f"{VIDEOS_PREFIX}{project_id}_final_video.mp4"


def film_captions_key(project_id: UUID) -> str:
    """What is said in it, where it has a track of that."""
    return f"{VIDEOS_PREFIX}{project_id}_final_video.vtt"


def results_prefix(video_id: UUID) -> str:
    return f"{VIDEOS_PREFIX}{video_id}/"


def results_prefixes(video_id: UUID) -> tuple[str, ...]:
    """Everything that was made of one video lies under these."""
    return (results_prefix(video_id),)


def transcription_prefix(job_id: object) -> str:
    """What a transcription service was given and gave back for one job."""
    return f"transcribe/{job_id}/"


def transcript_key(video_id: UUID, form: TranscriptFormat) -> str:
    return f"{results_prefix(video_id)}transcript.{form}"


def summary_keys(video_id: UUID) -> tuple[str, str]:
    """A video's summary as JSON and as Markdown."""
    return f"{results_prefix(video_id)}summary.json", f"{results_prefix(video_id)}summary.md"


def chunks_key(video_id: UUID, index_id: UUID) -> str:
    """A video's passages in one index."""
    return f"{results_prefix(video_id)}chunks/{index_id}.jsonl"


def poster_key(video_id: UUID) -> str:
    return f"{results_prefix(video_id)}poster.jpg"


def thumbnail_key(video_id: UUID, seconds: float) -> str:
    """Keys of one video sort in the order of time; milliseconds in the name."""
    return f"{results_prefix(video_id)}thumbnails/{round(seconds * 1000):010d}.jpg"

"""What travels on the streams: CloudEvents 1.0 as JSON, and raw video content as binary segments.

A raw segment is `VPS1`, the header's length as two big-endian bytes, the header as UTF-8 JSON (`SegmentHeader`), then
the bytes of the content: no base64, about 300 bytes of overhead on up to a mebibyte.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from video_pipeline.errors import BadRecord
from video_pipeline.model import JobOptions, MailThread, Message, Metadata, ObjectRef, identifier
from video_pipeline.topology import INGESTION, LIMITS, PIPELINE

SOURCE: Final = "video-pipeline"
SEGMENT_MAGIC: Final = b"VPS1"
_Checked = TypeVar("_Checked", bound=BaseModel)
# An escape itself, not a backslash before the letters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
# A field is named in its reason; a hostile one may be as long as the record.
_NAME_CHARS = 120
_HEADER_LENGTH = struct.Struct(">H")

S3Uri = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$", max_length=1200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LIMITS.title_chars)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written_as_day(value: Any) -> Any:
    """Not the many other ways to write a date, seconds since 1970 among them, that the library would take."""
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("is not a day; write it as YYYY-MM-DD")
    return value


WrittenDay = Annotated[date, BeforeValidator(_written_as_day)]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Described(Body):
    """What a sender may say about content. `recorded_on`: where it was made, so no zone belongs to it."""

    title: Title | None = None
    language: Language | None = None
    recorded_on: WrittenDay | None = None
    metadata: Metadata = Field(default_factory=dict)

    def options(self, captions: ObjectRef | None = None) -> JobOptions:
        return JobOptions(
            title=self.title,
            language=self.language,
            recorded_on=self.recorded_on,
            captions=captions,
            metadata=self.metadata,
        )

    @field_validator("metadata")
    @classmethod
    def _bounded(cls, value: Metadata) -> Metadata:
        if len(value) > LIMITS.metadata_keys:
            raise ValueError(f"has {len(value)} keys, at most {LIMITS.metadata_keys} are kept")
        for key, text in value.items():
            if len(key) + len(text) > LIMITS.metadata_chars:
                raise ValueError(f"{key[:40]!r} is longer than {LIMITS.metadata_chars} characters")
        return value


class VideoSubmitted(Described):
    """`uri` and `captions_uri` name objects that this installation may read."""

    uri: S3Uri
    version_id: str | None = None
    captions_uri: S3Uri | None = None


class QuestionAsked(Body):
    """`email`: who gets the answer as a mail, `name@domain`; `thread`: the mail that asked, if one did; `asked_by`:
    whose conversation it is, unless it goes by mail."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LIMITS.question_chars)]
    email: Annotated[str, StringConstraints(min_length=3, max_length=320)] | None = None
    thread: MailThread | None = None
    asked_by: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    top_k: Annotated[int, Field(ge=1, le=50)] = 5
    min_score: float | None = None
    video_ids: tuple[UUID, ...] = ()
    speakers: tuple[str, ...] = ()
    language: Language | None = None
    date_from: Day | None = None
    date_to: Day | None = None
    conversation_id: UUID | None = None


class VideoErasureRequested(Body):
    video_id: UUID
    requested_by: Annotated[str, StringConstraints(max_length=200)] = "event"


class TranscriptReady(Body):
    job_id: UUID
    video_id: UUID


class ChunksReady(Body):
    job_id: UUID
    video_id: UUID


class VideoIndexed(Body):
    job_id: UUID
    video_id: UUID


class JobFailed(Body):
    job_id: UUID
    video_id: UUID | None = None
    code: str
    message: str


class CloudEvent(BaseModel):
    """The envelope; unknown attributes are extensions and pass."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    type: str
    subject: str | None = None
    time: datetime | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]


BODIES: Final[Mapping[str, type[Body]]] = {
    "video.submitted": VideoSubmitted,
    "question.asked": QuestionAsked,
    "video.erasure_requested": VideoErasureRequested,
    "transcript.ready": TranscriptReady,
    "chunks.ready": ChunksReady,
    "video.indexed": VideoIndexed,
    "job.failed": JobFailed,
}
_TYPES: Final = {body: name for name, body in BODIES.items()}


class Event(BaseModel):
    """A read and checked event: its envelope and its typed body."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    envelope: CloudEvent
    body: Body


def read_event(raw: bytes | str) -> Event:
    """Parses a record. Raises `BadRecord` not_json, not_an_event, unknown_type, missing_field or invalid_field."""
    try:
        document = json.loads(raw)
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecord("not_json", "The record is not JSON.", hint="Send one CloudEvents 1.0 JSON object.") from error
    if not isinstance(document, dict):
        raise BadRecord("not_an_event", "The record is JSON, but not an object with CloudEvents attributes.")
    envelope = _checked(CloudEvent, document, "")
    body_type = BODIES.get(envelope.type)
    if body_type is None:
        raise BadRecord(
            "unknown_type", f"The event type {envelope.type[:80]!r} is not known.", hint=f"Known: {', '.join(BODIES)}."
        )
    return Event(envelope=envelope, body=_checked(body_type, envelope.data, "data."))


def _checked(kind: type[_Checked], document: Mapping[str, Any], where: str) -> _Checked:
    try:
        text = json.dumps(document)
    except RecursionError as error:
        raise BadRecord("invalid_field", "The record is nested too deeply.") from error
    if _NUL.search(text):
        raise BadRecord("invalid_field", "The record holds NUL characters, which text can't have.")
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = (where + ".".join(map(str, first["loc"])))[:_NAME_CHARS]
        if first["type"] == "missing":
            raise BadRecord("missing_field", f"The event lacks {name!r}.", hint="Add it and send again.") from error
        message = f"The event's {name!r} is wrong: {first['msg']}."
        raise BadRecord("invalid_field", message, hint="Correct it and send again.") from error


def event_identifier(body: Body, *, subject: object, unique: object = "") -> UUID:
    """Follows from type, subject and `unique`: a repeat is recognisable."""
    return identifier("event", _TYPES[type(body)], subject, unique)


def make_event(body: Body, *, subject: object, unique: object = "", source: str = SOURCE) -> dict[str, Any]:
    """The CloudEvents document of `body`, under its `event_identifier`."""
    return {
        "specversion": "1.0",
        "id": str(event_identifier(body, subject=subject, unique=unique)),
        "source": source,
        "type": _TYPES[type(body)],
        "subject": str(subject),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "data": body.model_dump(mode="json", exclude_none=True),
    }


def announce(body: TranscriptReady | ChunksReady | VideoIndexed | JobFailed, *, unique: object = "") -> Message:
    """The pipeline-stream message of `body`, keyed by video so that one video stays in order."""
    key = str(body.video_id or body.job_id)
    return Message(destination=PIPELINE.name, key=key, body=json.dumps(make_event(body, subject=key, unique=unique)))


def submit(
    body: VideoSubmitted | QuestionAsked | VideoErasureRequested, *, subject: str, unique: object = ""
) -> Message:
    """The ingestion-stream message of `body`."""
    document = make_event(body, subject=subject, unique=unique)
    return Message(destination=INGESTION.name, key=subject[:256], body=json.dumps(document))


# -------------------------------------------------------------------------------------- raw segments
class SegmentHeader(Described):
    """`index` counts from 0 to `count - 1`; `size` and `sha256` are those of the whole content."""

    upload_id: UUID
    index: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1, le=LIMITS.segments)]
    size: Annotated[int, Field(ge=1, le=LIMITS.upload_bytes)]
    sha256: Sha256
    filename: Annotated[str, StringConstraints(min_length=1, max_length=LIMITS.filename_chars)]


def is_segment(raw: bytes) -> bool:
    return raw[:4] == SEGMENT_MAGIC


def encode_segment(header: SegmentHeader, content: bytes) -> bytes:
    text = header.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
    return SEGMENT_MAGIC + _HEADER_LENGTH.pack(len(text)) + text + content


def decode_segment(raw: bytes) -> tuple[SegmentHeader, bytes]:
    """Header and content. Raises `BadRecord` segment_malformed, or as `read_event` for a wrong header field."""
    start = len(SEGMENT_MAGIC) + _HEADER_LENGTH.size
    try:
        (length,) = _HEADER_LENGTH.unpack_from(raw, len(SEGMENT_MAGIC))
        # The length is checked by reading: what is cut short is no JSON.
        document = json.loads(raw[start : start + length].ljust(length, b"\0"))
    except (struct.error, ValueError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecord("segment_malformed", "The raw segment's header can't be read.") from error
    header = _checked(SegmentHeader, document if isinstance(document, dict) else {}, "header.")
    content = raw[start + length :]
    if header.index >= header.count or not content:
        raise BadRecord("segment_malformed", f"Segment {header.index} of {header.count} is out of range or empty.")
    return header, content


def cut(size: int, payload: int) -> Iterator[tuple[int, int]]:
    """The `[first, last)` byte ranges of content of `size` in segments of at most `payload` bytes."""
    for first in range(0, size, payload):
        yield first, min(first + payload, size)

"""Uploads: what the client says, and what it gets to go on with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from video_pipeline.api.models.base import RequestModel, ResponseModel, plain
from video_pipeline.events import Described
from video_pipeline.model import JobStatus
from video_pipeline.ports import UploadGrant
from video_pipeline.topology import LIMITS
from video_pipeline.uploading import Renewed, Unfinished

ETag = Annotated[str, StringConstraints(pattern=r'^"?[0-9A-Za-z+/=-]{1,200}"?$')]
Filename = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]


class UploadDescription(Described):
    """What may be said about the content of an upload."""

    @model_validator(mode="after")
    def _plain(self) -> Self:
        plain([self.title or "", self.metadata])
        return self


class UploadRequest(UploadDescription):
    """Asks for presigned URLs, so that a file of up to 20 GiB goes to the store directly."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"filename": "All hands, May.mp4", "size": 734003200, "title": "All hands", "language": "en"}]
        }
    )

    filename: Filename = Field(description="Shown to people; its suffix says what kind of file it is.")
    size: int = Field(ge=0, description="Bytes of the whole file.")
    content_type: str | None = Field(
        default=None, max_length=200, description="Taken as a hint; what is stored follows from the file's name."
    )
    captions_filename: Filename | None = Field(
        default=None,
        description="Announces a .vtt, .srt or transcript .json file, to be sent to `captions_url` before completing.",
    )


class TranscriptRequest(UploadDescription):
    """A transcript whose film is not here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"filename": "board.vtt", "title": "Board, May", "content": "WEBVTT\n\n00:01.000 --> 00:03.000\nHello."}
            ]
        }
    )

    filename: Filename = Field(description="Shown to people.")
    content: str = Field(
        min_length=1,
        max_length=LIMITS.transcript_bytes,
        description="The file's text: WebVTT, SubRip, a transcript as this API gives it, or Amazon Transcribe's JSON.",
    )


class CompleteRequest(RequestModel):
    etags: list[ETag] = Field(
        min_length=1, max_length=10_000, description="The ETag header of each part's answer, in order of the parts."
    )


class UploadParts(ResponseModel):
    """PUT `part_size` bytes to each URL (the last takes the rest), then POST the ETags to `complete_url`."""

    part_size: int
    urls: list[str]
    expires_at: datetime
    complete_url: str
    captions_url: str | None = Field(description="PUT the announced captions here before completing.")

    @classmethod
    def of(cls, grant: UploadGrant, upload_url: str, *, captions: bool) -> Self:
        return cls(
            part_size=grant.part_size,
            urls=list(grant.urls),
            expires_at=grant.expires,
            complete_url=f"{upload_url}/complete",
            captions_url=f"{upload_url}/captions" if captions else None,
        )


PartNumber = Annotated[int, Field(ge=1, le=10_000)]


class PartsRequest(RequestModel):
    numbers: list[PartNumber] = Field(min_length=1, max_length=1_000, description="Parts count from 1.")


class SentPartInfo(ResponseModel):
    number: int
    size: int
    etag: str


class UnfinishedUpload(ResponseModel):
    """How far an upload in parts is: send what is missing, then POST all ETags to `complete_url`."""

    job_id: UUID
    filename: str
    size: int
    part_size: int
    parts: list[SentPartInfo] = Field(description="Those that have arrived, in order.")
    complete_url: str
    captions_url: str | None = Field(description="PUT the announced captions here before completing.")
    captions_arrived: bool | None = Field(description="null when none were announced.")

    @classmethod
    def of(cls, upload: Unfinished, url: str) -> Self:
        return cls(
            job_id=upload.job.id,
            filename=upload.job.source.filename,
            size=upload.size,
            part_size=upload.part_size,
            parts=[SentPartInfo(number=each.number, size=each.size, etag=each.etag) for each in upload.sent],
            complete_url=f"{url}/complete",
            captions_url=None if upload.captions is None else f"{url}/captions",
            captions_arrived=upload.captions,
        )


class PartUrl(ResponseModel):
    number: int
    url: str


class RenewedParts(ResponseModel):
    urls: list[PartUrl]
    expires_at: datetime

    @classmethod
    def of(cls, renewed: Renewed) -> Self:
        urls = [PartUrl(number=number, url=url) for number, url in renewed.urls.items()]
        return cls(urls=urls, expires_at=renewed.expires)


class UploadResponse(ResponseModel):
    job_id: UUID
    status: JobStatus
    video_url: str = Field(description="Where the bytes lie or will lie.", examples=["s3://media-bucket-dev/uploads/…"])
    estimated_completion: datetime | None = Field(
        description="Judged by how long the latest videos took; null while there are too few of them, "
        "or while the bytes have not arrived."
    )
    status_url: str
    parts: UploadParts | None = Field(default=None, description="Only in the answer to a request for presigned URLs.")

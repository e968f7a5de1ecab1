"""Slideshow projects, as people and programs see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from video_pipeline.api.models.base import Plain, RequestModel, ResponseModel, plain
from video_pipeline.api.models.jobs import ErrorInfo
from video_pipeline.api.models.uploads import ETag, Filename
from video_pipeline.model import Failure, Project, ProjectEvent, ProjectState
from video_pipeline.ports import UploadGrant
from video_pipeline.projects.sending import Kind
from video_pipeline.slideshow.manifest import Codec, Manifest, Mark, Shape, Timing
from video_pipeline.topology import LIMITS

_Line = Annotated[Plain, Field(max_length=300)]
_Text = Annotated[Plain, Field(max_length=2_000)]
_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


def _of_numbers(marks: Any) -> Any:
    """What the library would take for a number besides is none."""
    for each in marks if isinstance(marks, list) else ():
        if isinstance(each, dict) and any(isinstance(value, bool | str) for value in each.values()):
            raise ValueError("holds something else than numbers")
    return marks


class ProjectRequest(RequestModel):
    """How the film is to look; everything may be changed later, with the manifest."""

    model_config = ConfigDict(strict=True, json_schema_extra={"examples": [{"title": "Our harbour", "shape": "16:9"}]})

    title: _Line | None = Field(default=None, description="Written over the first picture.")
    shape: Shape = Field(default="16:9", description="Of the frame.")
    height: int = Field(default=1080, ge=120, le=2160, multiple_of=2, description="Pixels of the shorter side.")
    fps: Literal[24, 25, 30, 50, 60] = 30
    codec: Codec = "h264"
    crossfade: float = Field(default=0.5, ge=0, le=5, description="Seconds from picture to picture.")


class ImageAbout(RequestModel):
    """What is said about a picture. Times are seconds of the sound; either all pictures have them or none has."""

    start: _Seconds | None = None
    end: _Seconds | None = None
    matters: Annotated[list[Mark], BeforeValidator(_of_numbers)] = Field(
        default_factory=list, max_length=50, description="What must stay in sight, as shares of the upright picture."
    )
    title: _Line | None = Field(default=None, description="Written into it.")
    credit: _Line | None = Field(default=None, description="Written into it, small.")
    query: _Text | None = Field(default=None, description="What it was looked for with; its file is named by it.")
    provider: _Text | None = None

    def said(self) -> dict[str, Any]:
        """As the manifest has it."""
        return self.model_dump(mode="json", include=set(ImageAbout.model_fields), exclude_defaults=True)


class ImageRequest(ImageAbout):
    """A picture that is fetched from a public address."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [{"url": "https://example.com/harbour.jpg", "query": "harbour", "credit": "Ann"}]
        },
    )

    url: str = Field(min_length=1, max_length=4_000, description="http or https.")


class CaptionsRequest(RequestModel):
    """What is said in the sound: WebVTT, SubRip or a transcript as JSON."""

    model_config = ConfigDict(strict=True)

    filename: Filename
    content: str = Field(min_length=1, max_length=LIMITS.caption_bytes)
    show: Literal["burnt", "track", "both"] = Field(default="burnt", description="Drawn, or a track of the film.")
    timing: Timing | None = Field(
        default=None, description="By what the pictures change; needs pictures without times."
    )


class ManifestRequest(Manifest):
    """Another manifest of the same files. Files that it leaves out are deleted; hashes need not be named."""

    @model_validator(mode="after")
    def _plain(self) -> Self:
        plain(self.model_dump(mode="json"))
        return self

    def said(self) -> dict[str, Any]:
        return {"version": 1, **self.model_dump(mode="json", exclude_unset=True)}


class ProjectUploadRequest(RequestModel):
    """Asks for URLs that a file's parts are put to, past this API."""

    model_config = ConfigDict(strict=True)

    kind: Kind
    filename: Filename
    size: int = Field(ge=0, description="Bytes.")


class ProjectUploadComplete(ImageAbout):
    """`file` and `upload_id` as they were granted; the rest is for pictures."""

    model_config = ConfigDict(strict=True)

    kind: Kind
    file: str = Field(min_length=1, max_length=500)
    upload_id: str = Field(min_length=1, max_length=2_000, pattern=r"^[!-~]+$")
    etags: list[ETag] = Field(min_length=1, max_length=10_000)


class RenderRequest(RequestModel):
    model_config = ConfigDict(strict=True)

    ask: bool = Field(
        default=False, description="Put the film into the pipeline as a video of its own, which can be asked about."
    )


class ProjectInfo(ResponseModel):
    project_id: UUID
    title: str | None
    state: ProjectState = Field(description="`rendered`: the film shows the project as it is now.")
    images: int
    has_audio: bool
    has_captions: bool
    has_film: bool
    job_id: UUID | None = Field(description="The job that renders its film.")
    video_job_id: UUID | None = Field(description="The job of the video that the film became.")
    created_by: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = Field(description="It and its film are removed then. A video that it became stays.")

    @classmethod
    def of(cls, project: Project) -> ProjectInfo:
        return ProjectInfo(**_described(project))


class ProjectPage(ResponseModel):
    items: list[ProjectInfo]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class ProjectFile(ResponseModel):
    file: str = Field(description="Its name in the manifest.")
    url: str


class ProjectResponse(ProjectInfo):
    """A project with its manifest, and links to its files that may be used for a while."""

    manifest: dict[str, Any]
    files: list[ProjectFile]
    progress: float | None = Field(ge=0, le=1, description="Of the film that is being rendered.")
    error: ErrorInfo | None = Field(description="Why it could not be rendered.")

    @classmethod
    def with_details(
        cls, project: Project, files: Mapping[str, str], progress: float | None, failure: Failure | None
    ) -> ProjectResponse:
        links = [ProjectFile(file=file, url=url) for file, url in files.items()]
        error = ErrorInfo.of(failure)
        return cls(**_described(project), manifest=project.manifest, files=links, progress=progress, error=error)


class ProjectUpload(ResponseModel):
    """PUT `part_size` bytes to each URL (the last takes the rest), then POST the ETags to `complete_url`."""

    file: str
    upload_id: str
    part_size: int
    urls: list[str]
    expires_at: datetime
    complete_url: str

    @classmethod
    def of(cls, file: str, grant: UploadGrant, complete_url: str) -> Self:
        return cls(
            file=file,
            upload_id=grant.upload_id,
            part_size=grant.part_size,
            urls=list(grant.urls),
            expires_at=grant.expires,
            complete_url=complete_url,
        )


class FilmResponse(ResponseModel):
    project_id: UUID
    video_url: str
    download_url: str
    captions_url: str | None = Field(description="WebVTT of what is said, if the film has a track of it.")
    expires_at: datetime = Field(description="Of the links.")
    current: bool = Field(description="False: the project was changed after it was rendered.")
    seconds: float
    size: int
    sha256: str
    rendered_at: datetime


class AuditEvent(ResponseModel):
    at: datetime
    who: str
    what: str = Field(examples=["image added"])
    detail: dict[str, Any]

    @classmethod
    def of(cls, event: ProjectEvent) -> Self:
        return cls(**event.model_dump())


class AuditTrail(ResponseModel):
    project_id: UUID
    events: list[AuditEvent] = Field(description="The oldest first.")


class RemovalResponse(ResponseModel):
    """What went."""

    project_id: UUID
    files: int = Field(description="Objects and their versions.")
    films: int
    captions: int = Field(description="Of films, which lay beside them.")
    video_job_id: UUID | None = Field(description="The job of the video that the film became, which stays.")


def _described(project: Project) -> dict[str, Any]:
    return {
        "project_id": project.id,
        "title": project.title,
        "state": project.state,
        "images": len(project.manifest["images"]),
        "has_audio": bool(project.manifest.get("audio")),
        "has_captions": bool(project.manifest.get("captions")),
        "has_film": project.film is not None,
        "job_id": project.job_id,
        "video_job_id": project.video_job_id,
        "created_by": project.created_by,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        "expires_at": project.expires_at,
    }

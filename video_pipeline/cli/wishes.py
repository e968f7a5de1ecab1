"""What a sender says about a video, and what is known once it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from video_pipeline.cli.files import existing
from video_pipeline.errors import BadInput
from video_pipeline.events import Described
from video_pipeline.topology import LIMITS, SENT_SUFFIXES

_Checked = TypeVar("_Checked", bound=BaseModel)
S3 = "s3://"


@dataclass(frozen=True)
class Wishes:
    """`captions`: a path, or the address of an object."""

    title: str | None = None
    language: str | None = None
    recorded_on: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    captions: str | None = None

    def described(self) -> Described:
        """Checked as the other side will check it. BadInput("invalid_field")."""
        return checked(Described, **self.facts)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "language": self.language,
            "recorded_on": self.recorded_on,
            "metadata": dict(self.metadata),
        }


@dataclass(frozen=True)
class Sent:
    """`job_id` is None where it can't be foretold."""

    via: str
    job_id: str | None
    sha256: str | None = None
    uri: str | None = None

    @property
    def facts(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def checked(kind: type[_Checked], **values: object) -> _Checked:
    """`kind` made of `values`; BadInput("invalid_field") names the first that is wrong."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])).replace("_", " ")
        message = f"The {where} is wrong: {first['msg'].removeprefix('Value error, ')}."
        raise BadInput("invalid_field", message, hint="Correct it and try again.") from error


def read_captions(path: Path) -> bytes:
    """BadInput captions_type or captions_too_large, or as `existing`."""
    size = existing(path).stat().st_size
    if path.suffix.lower() not in SENT_SUFFIXES:
        message = f"{path} is not a caption file."
        raise BadInput("captions_type", message, hint=f"Its name ends in {' or '.join(SENT_SUFFIXES)}.")
    if size > LIMITS.caption_bytes:
        raise BadInput("captions_too_large", f"{path} is larger than {LIMITS.caption_bytes // 1024**2} MiB.")
    return path.read_bytes()

"""What a slideshow is made of: a document, `manifest.json`, beside the files that it names.

    {"version": 1, "audio": {"file": "speech.wav"},
     "images": [{"file": "images/harbour.jpg", "start": 0, "end": 6.5, "matters": [{"x": 0.3, "y": 0.4}]}]}

Every other field has a default. Either all pictures have times or none has: then `timing` says when they change.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.motion import Box

MOST_IMAGES: Final = 2_000
MOST_FONTS: Final = 4
_MOST_BYTES: Final = 8 * 1024**2
_TOUCHING: Final = 0.001  # seconds; times are written to the millisecond

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2_000)]
Line = Annotated[str, Field(max_length=300)]
Shape = Literal["16:9", "9:16", "1:1"]
Codec = Literal["h264", "hevc", "av1"]
# `even`: all as long; `pauses`: where somebody begins to speak; `words`: a picture while its words are said; `beat`: on
# the beat of the music. `pauses` and `words` need captions.
Timing = Literal["even", "pauses", "words", "beat"]


def _inside(name: str) -> str:
    """A path that stays in the manifest's folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not name.isprintable():
        raise ValueError("must be a path below the manifest's folder")
    return name


FileName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_inside)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(Part):
    """A file that was looked at when the manifest was made, if it says its hash."""

    file: FileName
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class Mark(Part):
    """What must stay in sight, as shares of the upright picture: a point, or an area from its upper left corner."""

    x: Share
    y: Share
    width: Share = 0.0
    height: Share = 0.0

    @property
    def box(self) -> Box:
        return Box(self.x, self.y, self.width, self.height)


class Captions(Input):
    """WebVTT, SubRip or a transcript: drawn into the pictures, or a track that players can show and hide."""

    show: Literal["burnt", "track", "both"] = "burnt"


class Image(Input):
    """Seen from `start` to `end`, in seconds of the sound; the last four say where it is from.

    `title` and `credit` are written into the picture. With `matters` left out, what matters is looked for.
    """

    start: Seconds | None = None
    end: Seconds | None = None
    matters: Annotated[tuple[Mark, ...], Field(max_length=50)] = ()
    title: Line | None = None
    credit: Line | None = None
    query: Text | None = None
    provider: Text | None = None
    source: Text | None = None
    fetched_at: datetime | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"the picture ends at {self.end} s and starts at {self.start} s")
        return self


class Manifest(Part):
    """`height` is the short side of the frame for 9:16 too, so 1080 is full HD whichever way it is held.

    Sound that is not named here has to be named when it is rendered. `title` is written over the first picture.
    `fonts` are asked in this order for what is to be written, before the one that the product brings along.
    """

    version: Literal[1] = 1
    title: Line | None = None
    images: Annotated[tuple[Image, ...], Field(min_length=1, max_length=MOST_IMAGES)]
    audio: Input | None = None
    captions: Captions | None = None
    fonts: Annotated[tuple[Input, ...], Field(max_length=MOST_FONTS)] = ()
    timing: Timing | None = None
    show_credits: bool = True
    shape: Shape = "16:9"
    height: Annotated[int, Field(ge=120, le=2160, multiple_of=2)] = 1080
    fps: Literal[24, 25, 30, 50, 60] = 30
    codec: Codec = "h264"
    crossfade: Annotated[float, Field(ge=0, le=5)] = 0.5

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        timed = [each for each in self.images if each.start is not None]
        if timed and len(timed) != len(self.images):
            raise ValueError("either all pictures have times or none has")
        if timed and self.timing:
            raise ValueError(f"the pictures have times, so they can't be timed by {self.timing}")
        if self.timing in {"pauses", "words"} and self.captions is None:
            raise ValueError(f"timing by {self.timing} needs captions")
        for before, after in pairwise(timed):
            if (before.end or 0.0) > (after.start or 0.0) + _TOUCHING:
                raise ValueError(f"{after.file} starts at {after.start} s, before {before.file} ends at {before.end} s")
        return self

    @property
    def frame(self) -> tuple[int, int]:
        """Width and height, even as video wants them."""
        across, down = (int(side) for side in self.shape.split(":"))
        long = round(self.height * max(across, down) / min(across, down) / 2) * 2
        return (long, self.height) if across >= down else (self.height, long)


def read_manifest(path: Path) -> Manifest:
    """BadInput manifest_missing, manifest_too_large or manifest_invalid."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput("manifest_too_large", f"{path.name} is larger than {_MOST_BYTES // 1024**2} MiB.")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput("manifest_missing", f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput("manifest_invalid", f"{path.name} is not JSON.", hint="Correct it.") from error
    return manifest_of(document)


def manifest_of(document: object) -> Manifest:
    """BadInput manifest_invalid names what is wrong where."""
    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise BadInput(
            "manifest_invalid", f"The slideshow can't be made: {_first_of(error)}.", hint="Correct it."
        ) from error


def _first_of(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(each) for each in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    return f"{where + ': ' if where else ''}{said}{f' (and {more} more)' if more else ''}"

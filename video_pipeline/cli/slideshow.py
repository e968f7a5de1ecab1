"""`video-pipeline slideshow`: pictures and sound become a film, on this machine and without any service."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from video_pipeline.cli.console import line, note
from video_pipeline.cli.files import existing
from video_pipeline.cli.progress import steps
from video_pipeline.errors import BadInput

if TYPE_CHECKING:
    from video_pipeline.slideshow.manifest import Manifest

_MANIFEST: Final = "manifest.json"


class Shape(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Codec(StrEnum):
    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"


def slideshow(
    source: Annotated[Path, typer.Argument(metavar="DIR|MANIFEST", help="A folder of pictures, or a manifest.json.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.mp4", help="The film.")],
    audio: Annotated[Path | None, typer.Option(metavar="FILE", help="The sound; the film is as long as it.")] = None,
    captions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is said (WebVTT, SRT, ...): pictures change between.")
    ] = None,
    shape: Annotated[Shape | None, typer.Option(help="Of the frame; 16:9 if the manifest says nothing.")] = None,
    height: Annotated[int | None, typer.Option(metavar="PIXELS", help="Of the shorter side; 1080.")] = None,
    fps: Annotated[int | None, typer.Option(metavar="FRAMES", help="A second: 24, 25, 30, 50 or 60; 30.")] = None,
    codec: Annotated[Codec | None, typer.Option(help="h264 plays everywhere; av1 is smallest.")] = None,
    crossfade: Annotated[float | None, typer.Option(metavar="SECONDS", help="From picture to picture; 0.5.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Pan and zoom over pictures for as long as a sound lasts, and write an MP4.

    A folder's pictures follow each other by name. Needs no running system; the same input gives the same bytes.
    """
    from video_pipeline.slideshow.rendering import render, sound_in

    wishes = {"shape": shape, "height": height, "fps": fps, "codec": codec, "crossfade": crossfade}
    manifest, folder = _manifest(source, {name: wish for name, wish in wishes.items() if wish is not None})
    sound = existing(audio) if audio else sound_in(manifest, folder)
    if captions:
        manifest = _timed(manifest, existing(captions), sound)
    with steps(silent=quiet) as shown:
        made = render(manifest, folder, output, sound=sound, progress=lambda share: shown.show("rendering", share))
    note(f"written: {line(str(output))}, {made.seconds:.2f} s for {made.sound_seconds:.2f} s of sound")


def _manifest(source: Path, wishes: dict[str, Any]) -> tuple[Manifest, Path]:
    """With the folder that its names are in."""
    from video_pipeline.slideshow.folder import images_in
    from video_pipeline.slideshow.manifest import manifest_of, read_manifest

    if source.is_dir() and (source / _MANIFEST).is_file():
        source = source / _MANIFEST
    if source.is_dir():
        return manifest_of({"images": images_in(source)} | wishes), source
    manifest = read_manifest(existing(source))
    return manifest_of(manifest.model_dump() | wishes), source.parent


def _timed(manifest: Manifest, captions: Path, sound: Path) -> Manifest:
    """Pictures without times of their own change where somebody begins to speak."""
    from video_pipeline.slideshow.sound import seconds_of
    from video_pipeline.slideshow.timing import at_pauses
    from video_pipeline.transcripts.read import read_transcript

    if manifest.images[0].start is not None:
        raise BadInput("times_twice", "The manifest has times already.", hint="Leave out --captions.")
    transcript = read_transcript(captions.read_bytes(), filename=captions.name)
    return manifest.model_copy(update={"images": at_pauses(manifest.images, transcript, float(seconds_of(sound)))})

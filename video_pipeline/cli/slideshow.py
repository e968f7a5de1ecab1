"""`video-pipeline slideshow`: pictures and sound become a film, on this machine and without any service."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from video_pipeline.cli.console import line, note
from video_pipeline.cli.files import existing
from video_pipeline.cli.progress import steps
from video_pipeline.errors import BadInput

_MANIFEST: Final = "manifest.json"


class Shape(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Timing(StrEnum):
    EVEN = "even"
    PAUSES = "pauses"
    WORDS = "words"
    BEAT = "beat"


class Show(StrEnum):
    BURNT = "burnt"
    TRACK = "track"
    BOTH = "both"


class Codec(StrEnum):
    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"


def slideshow(
    source: Annotated[Path, typer.Argument(metavar="DIR|MANIFEST", help="A folder of pictures, or a manifest.json.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.mp4", help="The film.")],
    *,
    audio: Annotated[Path | None, typer.Option(metavar="FILE", help="The sound; the film is as long as it.")] = None,
    captions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is said (WebVTT, SubRip, ...), to be shown.")
    ] = None,
    show: Annotated[
        Show | None, typer.Option(help="Captions in the picture, or as a track to switch on; burnt.")
    ] = None,
    timing: Annotated[Timing | None, typer.Option(help="When pictures change that have no times; even.")] = None,
    shape: Annotated[Shape | None, typer.Option(help="Of the frame; 16:9 if the manifest says nothing.")] = None,
    height: Annotated[int | None, typer.Option(metavar="PIXELS", help="Of the shorter side; 1080.")] = None,
    fps: Annotated[int | None, typer.Option(metavar="FRAMES", help="A second: 24, 25, 30, 50 or 60; 30.")] = None,
    codec: Annotated[Codec | None, typer.Option(help="h264 plays everywhere; av1 is smallest.")] = None,
    crossfade: Annotated[float | None, typer.Option(metavar="SECONDS", help="From picture to picture; 0.5.")] = None,
    face_model: Annotated[
        Path | None, typer.Option(envvar="FACE_MODEL", metavar="FILE", help="Finds faces, to keep them in sight.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Pan and zoom over pictures for as long as a sound lasts, and write an MP4.

    A folder's pictures follow each other by name. Needs no running system; the same input gives the same bytes.
    --timing: `even`; `pauses` in the captions; `words`, each picture while what it is called is said; `beat`.
    """
    from video_pipeline.slideshow.faces import faces_by
    from video_pipeline.slideshow.manifest import manifest_of
    from video_pipeline.slideshow.rendering import render, sound_in

    wishes = {"shape": shape, "height": height, "fps": fps, "codec": codec, "crossfade": crossfade, "timing": timing}
    document, folder = _document(source)
    document |= {name: wish for name, wish in wishes.items() if wish is not None}
    document["captions"] = _captions(document.get("captions"), existing(captions) if captions else None, show)
    manifest = manifest_of(document)
    sound = existing(audio) if audio else sound_in(manifest, folder)
    with steps(silent=quiet) as shown:
        made = render(
            manifest,
            folder,
            output,
            sound=sound,
            captions=captions,
            faces=faces_by(face_model),
            progress=lambda share: shown.show("rendering", share),
        )
    beside = f", captions in {line(str(made.captions))}" if made.captions else ""
    note(f"written: {line(str(output))}, {made.seconds:.2f} s for {made.sound_seconds:.2f} s of sound{beside}")


def _document(source: Path) -> tuple[dict[str, Any], Path]:
    """With the folder that its names are in."""
    from video_pipeline.slideshow.folder import images_in
    from video_pipeline.slideshow.manifest import read_manifest

    if source.is_dir() and (source / _MANIFEST).is_file():
        source = source / _MANIFEST
    if source.is_dir():
        return {"images": images_in(source)}, source
    return read_manifest(existing(source)).model_dump(), source.parent


def _captions(named: dict[str, Any] | None, file: Path | None, show: Show | None) -> dict[str, Any] | None:
    """What the manifest names, with what the command line says instead."""
    if file is not None:
        named = {"file": file.name, "show": (named or {}).get("show", Show.BURNT)}
    elif named is None and show is not None:
        raise BadInput("no_captions", "There are no captions to show.", hint="Name them with --captions.")
    return named | {"show": show} if named is not None and show is not None else named

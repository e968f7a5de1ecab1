"""A manifest of a folder of pictures, and the proof that files are still those that a manifest means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.manifest import MOST_IMAGES, Image, Input

_ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp", ".avif")


def images_in(folder: Path) -> tuple[Image, ...]:
    """The pictures of a folder in the order of their names, numbers as people count. BadInput no_images."""
    found = [each for each in folder.iterdir() if each.suffix.lower() in _ENDINGS and each.is_file()]
    if not found:
        raise BadInput("no_images", f"There are no pictures in {folder}.", hint=f"It takes {', '.join(_ENDINGS)}.")
    if len(found) > MOST_IMAGES:
        raise BadInput("too_many_images", f"{folder} holds {len(found)} pictures; {MOST_IMAGES} are the most.")
    return tuple(Image(file=each.name, sha256=sha256_of(each)) for each in sorted(found, key=_as_counted))


def verified(inputs: Iterable[Input], folder: Path) -> None:
    """BadInput input_missing, input_outside or input_changed for the first file that is not what was meant."""
    root = folder.resolve()
    for each in inputs:
        path = folder / each.file
        if not path.is_file():
            raise BadInput("input_missing", f"The manifest names {each.file}, which is not there.", hint="Add it.")
        if not path.resolve().is_relative_to(root):
            raise BadInput("input_outside", f"{each.file} leads out of the manifest's folder.", hint="Copy it there.")
        if each.sha256 is not None and sha256_of(path) != each.sha256:
            raise BadInput(
                "input_changed",
                f"{each.file} is not the file that the manifest was made with.",
                hint="Bring it back, or take its sha256 out of the manifest.",
            )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_counted(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]

"""Files on their way into a project: counted, hashed, and on the disk while they are looked at."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from video_pipeline import layout
from video_pipeline.errors import BadInput, BadMedia
from video_pipeline.topology import FONT_SUFFIXES, MEDIA_SUFFIXES

_PIECE: Final = 1024**2


@contextmanager
def folder_for_a_while() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="video-pipeline-project-") as folder:
        yield Path(folder)


@contextmanager
def on_disk(filename: str, pieces: Iterable[bytes], most: int) -> Iterator[Path]:
    """The file under a safe name. As `bounded`."""
    with folder_for_a_while() as folder:
        path = folder / layout.safe_key_name(filename)
        with path.open("wb") as file:
            file.writelines(bounded(pieces, most))
        yield path


def pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def bounded(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """BadInput upload_too_large, BadMedia media_empty."""
    size = 0
    for piece in pieces:
        size += len(piece)
        check_size(size, most)
        yield piece
    check_size(size, most)


def check_size(size: int, most: int) -> None:
    """As `bounded`."""
    if size <= 0:
        raise BadMedia("media_empty", "The file is empty.", hint="Choose a file that has content.")
    if size > most:
        raise BadInput("upload_too_large", f"The file is larger than the {most // 1024**2} MiB that are taken.")


class Hashed:
    """Passes bytes on and knows their SHA-256 in the end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._digest.update(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def check_audio_name(filename: str) -> None:
    """BadInput unsupported_type."""
    _check_name(filename, MEDIA_SUFFIXES, "a sound or a video")


def check_font_name(filename: str) -> None:
    """BadInput unsupported_type."""
    _check_name(filename, FONT_SUFFIXES, "a font")


def _check_name(filename: str, suffixes: Collection[str], what: str) -> None:
    if layout.suffix_of(filename) not in suffixes:
        hint = f"These are taken: {', '.join(suffixes)}."
        raise BadInput("unsupported_type", f"The file's name does not end like that of {what}.", hint=hint)

"""Files that a command was given."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from video_pipeline.errors import BadInput
from video_pipeline.topology import LIMITS

_PIECE: Final = 4 * 1024**2
Told = Callable[[int], None]
"""Told how many bytes were dealt with since it was told last."""


@dataclass(frozen=True)
class MediaFile:
    """A file to be ingested, that was there when this was made."""

    path: Path
    size: int

    @classmethod
    def at(cls, path: Path) -> MediaFile:
        """BadInput file_missing, not_a_file, file_unreadable, media_empty or upload_too_large."""
        size = existing(path).stat().st_size
        if size == 0:
            raise BadInput("media_empty", f"{path} is empty.")
        if size > LIMITS.upload_bytes:
            most = LIMITS.upload_bytes // 1024**3
            raise BadInput("upload_too_large", f"{path} is larger than {most} GiB.", hint="Cut it into parts.")
        return cls(path, size)

    @property
    def name(self) -> str:
        return self.path.name.encode(errors="replace").decode()

    def pieces(self, told: Told, size: int = _PIECE) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(size):
                yield piece
                told(len(piece))

    def sha256(self, told: Told) -> str:
        digest = hashlib.sha256()
        for piece in self.pieces(told):
            digest.update(piece)
        return digest.hexdigest()


class ReadingTold:
    """A file that tells how much of it was read. What sends it asks for no more than this."""

    def __init__(self, file: BinaryIO, told: Told) -> None:
        self._file = file
        self._told = told

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._told(len(data))
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


def existing(path: Path) -> Path:
    """`path`, if it is a file that may be read."""
    if not path.exists():
        raise BadInput("file_missing", f"There is no file {path}.", hint="Check the path.")
    if not path.is_file():
        raise BadInput("not_a_file", f"{path} is not a file.")
    if not os.access(path, os.R_OK):
        raise BadInput("file_unreadable", f"{path} may not be read.", hint="Check its permissions.")
    return path

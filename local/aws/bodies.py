"""Object bodies as files: written as they arrive, read in pieces, joined without copying."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

PIECE = 1024 * 1024


@dataclass(frozen=True)
class Segment:
    """`size` bytes of the file `name`, from `start`."""

    name: str
    size: int
    start: int = 0


class Body:
    """Bytes that lie in files. Has of `bytes` what moto uses: length, truth, slices, and iteration (by pieces)."""

    def __init__(self, folder: Path, segments: Iterable[Segment] = ()) -> None:
        self.folder = folder
        self.segments = tuple(segments)

    def __len__(self) -> int:
        return sum(segment.size for segment in self.segments)

    def __getitem__(self, window: slice) -> View:
        start, stop, step = window.indices(len(self))
        if step != 1:
            raise ValueError("a body can only be cut into runs of bytes")
        return View(self.folder, self._cut(start, max(start, stop)))

    def _cut(self, start: int, stop: int) -> Iterator[Segment]:
        position = 0
        for segment in self.segments:
            first, last = max(start - position, 0), min(stop - position, segment.size)
            if first < last:
                yield Segment(segment.name, last - first, segment.start + first)
            position += segment.size

    def __iter__(self) -> Iterator[bytes]:
        for segment in self.segments:
            with path_of(self.folder, segment.name).open("rb") as file:
                file.seek(segment.start)
                left = segment.size
                while left:
                    piece = file.read(min(PIECE, left))
                    if not piece:
                        raise OSError(f"{segment.name} is shorter than its record says")
                    left -= len(piece)
                    yield piece

    def read(self) -> bytes:
        return b"".join(self)

    def view(self) -> View:
        """The same bytes for reading; whoever keeps them makes a copy."""
        return View(self.folder, self.segments)

    def md5(self) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self:
            digest.update(piece)
        return digest.hexdigest()


class View(Body):
    """Bytes of a body that belongs to someone else."""


def path_of(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


class BodyStore:
    """The folder that the files are in. Every file belongs to exactly one body."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, pieces: Iterable[bytes]) -> Body:
        """A new body; nothing is left behind if `pieces` raises."""
        name, path = self._new()
        size = 0
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    size += file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if not size:
            path.unlink()
            return Body(self.folder)
        return Body(self.folder, [Segment(name, size)])

    def own(self, value: bytes | Body) -> Body:
        """A body that nobody else has: the value itself, a linked twin of a view's whole files, or a copy."""
        if isinstance(value, View):
            return Body(self.folder, [self._twin(segment) for segment in value.segments])
        if isinstance(value, Body):
            return value
        return self.write([value])

    def join(self, bodies: Iterable[Body]) -> Body:
        """One body of the files of several, which must let go of them."""
        return Body(self.folder, [segment for body in bodies for segment in body.segments])

    def open(self, segments: Iterable[Iterable[object]]) -> Body:
        """A body from what `describe` gave."""
        return Body(self.folder, [Segment(str(name), int(str(size))) for name, size in segments])

    def remove(self, body: Body) -> None:
        for segment in body.segments:
            path_of(self.folder, segment.name).unlink(missing_ok=True)

    def sweep(self, keep: set[str]) -> int:
        """Removes files that no record speaks of, as a crash leaves them; how many."""
        orphans = [path for path in self.folder.glob("*/*") if path.name not in keep]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    def _new(self) -> tuple[str, Path]:
        name = uuid4().hex
        path = path_of(self.folder, name)
        path.parent.mkdir(exist_ok=True)
        return name, path

    def _twin(self, segment: Segment) -> Segment:
        source = path_of(self.folder, segment.name)
        name, path = self._new()
        if segment.start == 0 and segment.size == source.stat().st_size:
            try:
                os.link(source, path)
            except OSError:  # a file system without hard links
                shutil.copyfile(source, path)
            return Segment(name, segment.size)
        [copied] = self.write(View(self.folder, [segment])).segments
        return copied


def describe(body: Body) -> list[tuple[str, int]]:
    """What a journal keeps of a body that owns whole files."""
    return [(segment.name, segment.size) for segment in body.segments]

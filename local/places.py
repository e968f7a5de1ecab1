"""The data folder: what lies where, who may use it, and the description that other programs read."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from local.supervisor import CannotStart


@dataclass(frozen=True)
class Places:
    """`folder` is absolute."""

    folder: Path

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def api_key(self) -> Path:
        return self.folder / "api-key"

    @property
    def endpoint(self) -> Path:
        """Where the system describes itself while it runs."""
        return self.folder / "endpoint.json"

    def prepare(self) -> None:
        """Makes the folder. Raises `CannotStart` if it can't be used."""
        if any(character.isspace() for character in str(self.folder)):
            raise CannotStart(f"PostgreSQL can't use a folder with a space in its path: {self.folder}. {_OTHER}")
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"The data folder {self.folder} can't be made: {error.strerror}. {_OTHER}") from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise CannotStart(f"The data folder {self.folder} can't be written to. {_OTHER}")

    def describe(self, facts: Mapping[str, object]) -> None:
        """Writes the description; readers see the whole of it or nothing."""
        draft = self.endpoint.with_suffix(".tmp")
        draft.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.endpoint)

    def forget(self) -> None:
        self.endpoint.unlink(missing_ok=True)


_OTHER = "Choose another one with --data."


class Lock:
    """One system per data folder. The kernel lets go of it however the holder ends."""

    def __init__(self, places: Places) -> None:
        self._path = places.folder / "lock"
        self._folder = places.folder
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Raises `CannotStart` if another system has the folder."""
        file = self._path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().decode(errors="replace").strip()
            file.close()
            raise CannotStart(f"A system already runs on {self._folder} (process {holder}).") from error
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

"""The archives of functions and layers, unpacked once each."""

from __future__ import annotations

import io
import platform
import shutil
import sys
import threading
import zipfile
from pathlib import Path


class Archives:
    """Kept below `folder` by their digests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unpacking = threading.Lock()

    def unpacked(self, digest: str, archive: bytes) -> Path:
        """The folder with what is in `archive`."""
        target = self._folder / digest.replace("/", "_").replace("=", "")
        with self._unpacking:
            if not target.exists():
                self._unpack(archive, target)
        return target

    def _unpack(self, archive: bytes, target: Path) -> None:
        draft = target.with_suffix(".tmp")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(draft)
        draft.rename(target)


def like_lambda() -> bool:
    """Whether packages that were built for Lambda run here."""
    return (sys.platform, platform.machine(), sys.version_info[:2]) == ("linux", "x86_64", (3, 11))

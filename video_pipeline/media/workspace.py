"""A private folder for each job, gone afterwards; what a killed worker left is cleared when the next one starts."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

logger = logging.getLogger(__name__)
_PREFIX = "video-pipeline-"


class ScratchFolders:
    """`ports.Workspace` under `root` (the system's temporary folder by default)."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(tempfile.gettempdir())
        self._root.mkdir(parents=True, exist_ok=True)
        for left in self._root.glob(f"{_PREFIX}*"):
            if _is_orphan(left):
                logger.warning("clearing what a killed worker left", extra={"folder": left.name})
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def __call__(self, job_id: UUID) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{job_id}-", dir=self._root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _is_orphan(folder: Path) -> bool:
    """Whether the process that made it is gone."""
    try:
        os.kill(int(folder.name.removeprefix(_PREFIX).partition("-")[0]), 0)
    except ProcessLookupError:
        return True
    except (ValueError, PermissionError):
        return False
    return False

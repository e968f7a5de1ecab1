"""What was built before: the layers and the archives of the functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Artifacts:
    """`archives` holds `<unit>.zip` for every function; `dashboard` is the folder of its build, if there is one.

    `media_layers`: of those that decode and encode.
    """

    layer: Path
    media_layers: tuple[Path, ...]
    archives: Path
    dashboard: Path | None = None

    def archive(self, unit: str) -> Path:
        return self.archives / f"{unit}.zip"

"""The dashboard's build beside the code, if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from local.environment import ROOT

MISSING: Final = "not built: it needs Node 20.19 or newer (https://nodejs.org), then `make dashboard`"


def built() -> Path | None:
    """The folder of the build (`make dashboard`); None before there is one, or where only Python is installed."""
    folder = ROOT / "dashboard" / "dist"
    return folder if (folder / "index.html").is_file() else None
